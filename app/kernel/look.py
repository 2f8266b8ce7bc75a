"""What every template may use without importing it (界面词汇).

A part of a page is rendered alone when htmx asks for it, and then sees no import made at the top
of its template. So the macros are one global, ``ui``: ``{{ ui.grade_tag(row.grade) }}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, request, url_for

from app.kernel import assets, clock, entrance, htmx
from app.kernel.authority import Permission
from app.kernel.permissions import can

_MACRO_FILES = ("kernel/_forms.html", "kernel/_tables.html", "kernel/_parts.html")


class Macros:
    """The macros of the kernel's templates, found by name; one that was found is kept.

    A list asks for hundreds of them, so they are looked for once in a process.
    """

    def __getattr__(self, name: str) -> Callable[..., str]:
        for file in _MACRO_FILES:
            macro: Callable[..., str] | None = getattr(
                current_app.jinja_env.get_template(file).module, name, None
            )
            if macro is not None:
                if not current_app.debug:
                    setattr(self, name, macro)
                return macro
        raise AttributeError(f"no macro {name!r} in {', '.join(_MACRO_FILES)}")


def url_with(**changes: Any) -> str:
    """The address of this page with some of its parameters changed; None takes one away."""
    if request.endpoint is None:
        raise RuntimeError("this request belongs to no view")
    path = url_for(request.endpoint, **(request.view_args or {}))
    parameters = {**request.args.to_dict(flat=False), **changes}
    query = urlencode({k: v for k, v in parameters.items() if v is not None}, doseq=True)
    return f"{path}?{query}" if query else path


def day(value: date | None, missing: str = "—") -> str:
    """A day as it is written everywhere: ``2025-06-30``; 至今 and the like as ``missing``."""
    return missing if value is None else value.isoformat()[:10]


def moment(value: datetime | None, missing: str = "—") -> str:
    """A moment in Beijing time to the minute (北京时间)."""
    return missing if value is None else clock.shown(value)


def number(value: int | Decimal | None, places: int | None = None, missing: str = "—") -> str:
    """A number with thousands separators; with ``places`` digits after the point if given."""
    if value is None:
        return missing
    return f"{value:,}" if places is None else f"{value:,.{places}f}"


def option_tags(options: Iterable[tuple[object, object]], value: object) -> str:
    """The choices of a drop-down, one of them chosen; a country has thousands of counties."""
    return _option_tags(tuple((str(key), str(words)) for key, words in options), str(value))


@lru_cache(maxsize=128)
def _option_tags(options: tuple[tuple[str, str], ...], chosen: str) -> str:
    """The same choices stand on page after page, so the template is asked for them once."""
    ui: Any = current_app.jinja_env.globals["ui"]
    tags: str = ui.choices(options, chosen)
    return tags


def standing_banners() -> list[dict[str, str]]:
    """What the administrators are told on every page until it is mended."""
    config = current_app.config.get("CONFIG")
    if config is None or not config.plaintext_allowed:
        return []
    if not (can(Permission.SYSTEM_VIEW) or can(Permission.ACCOUNT_MANAGE)):
        return []
    text = "连接未加密（http），口令和数据在网络上明文传输。请改用 https 启动服务。"
    return [{"kind": "late", "text": text}]


def is_reference(fact: object) -> bool:
    """Whether a reason names a recorded fact by ``kind:id`` only, which is not for people."""
    return isinstance(fact, str) and re.fullmatch(r"[a-z_]+:\d+", fact) is not None


def init_app(app: Flask) -> None:
    """Register the assets, the macros and the few filters."""
    app.register_blueprint(assets.blueprint)
    htmx.init_app(app)
    app.jinja_env.globals.update(
        ui=Macros(),
        asset_url=assets.asset_url,
        htmx_settings=htmx.htmx_settings,
        is_fragment_request=htmx.is_fragment_request,
        is_for_filers=entrance.is_for_filers,
        whom_to_tell=entrance.whom_to_tell,
        url_with=url_with,
        option_tags=option_tags,
        standing_banners=standing_banners,
    )
    app.jinja_env.tests["reference"] = is_reference
    app.jinja_env.filters.update(day=day, moment=moment, number=number)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
