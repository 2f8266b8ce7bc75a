"""One list (清单): lines, changes, lines that would differ, basis, history; paper and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from flask import request, url_for
from werkzeug import Response

from app.issuing.comparison import KIND_WORDS, Kind, count_by_kind
from app.issuing.domain import DONE, VERIFY, Outcome
from app.issuing.queries import (
    LineFilter,
    ListView,
    covers,
    differences_between,
    downloads_of,
    flags_of,
    frozen_content,
    last_check,
    list_lines,
    previous_of,
    steps_of,
    steps_open_to,
)
from app.issuing.queries.lists import FlagView
from app.issuing.queries.trail import sequence_of_signature
from app.issuing.reading import told
from app.issuing.routes.blueprint import blueprint, list_or_404, person_id, scope_words, tag_of
from app.issuing.routes.work import asked_work, refresh_seconds
from app.issuing.services.background import VERIFY as VERIFY_JOB
from app.issuing.subjects import UnknownSpec, subject_of
from app.kernel import clock, htmx
from app.kernel.authority import Permission
from app.kernel.look import url_with
from app.kernel.permissions import can, requires, scope_for
from app.kernel.web import page

PARTS = {
    "lines": "各行",
    "changes": "与上期比较",
    "flags": "应有不同的行",
    "basis": "依据",
    "history": "办理与下载",
}
PER_PAGE = 50
LONGEST_SEARCH = 100
_ACTS = (Permission.LIST_DRAFT, Permission.LIST_CHECK, Permission.LIST_SIGN)
Item = TypeVar("Item")


@blueprint.get("/<int:list_id>")
@requires(Permission.POLICY_VIEW)
def list_page(list_id: int) -> str | Response:
    """One list, a part at a time."""
    view = list_or_404(list_id)
    part = request.args.get("part", "lines")
    part = part if part in PARTS else "lines"
    work = asked_work(VERIFY_JOB)
    if htmx.fragment_target() == "progress" and not (work and work.is_running):
        return htmx.htmx_redirect(url_for("issuing.list_page", list_id=list_id, part="history"))
    return render_list(view, part)


def render_list(view: ListView, part: str = "lines", **further: Any) -> str:
    """The page of a list; `further` is what an act on it has to say."""
    scope = scope_for(Permission.POLICY_VIEW)
    flags = flags_of(view.id, scope) if view.is_issued else []
    work = asked_work(VERIFY_JOB)
    return page(
        "issuing/list.html",
        blocks=("rows", "progress"),
        view=view,
        part=part,
        parts=_tabs(view, part, len(flags)),
        tag=tag_of(view),
        scope_words=scope_words(view),
        is_whole=covers(scope, view),
        steps=steps_open_to(view, person_id(), _scopes()),
        is_flagged=bool(flags),
        work=work,
        refresh_seconds=refresh_seconds(work),
        last_check=last_check(view.id) if view.is_issued else None,
        may_export=can(Permission.POLICY_EXPORT) and covers(scope, view) and view.is_issued,
        as_of=view.as_of,
        live_url=_live_url(view),
        **{**_DEFAULTS, **_PART[part](view, flags), **further},
    )


def _tabs(view: ListView, part: str, flags: int) -> list[tuple[str, str, bool]]:
    return [
        (
            _label(key, words, flags),
            url_for("issuing.list_page", list_id=view.id, part=key),
            key == part,
        )
        for key, words in PARTS.items()
        if key != "flags" or view.is_issued
    ]


_DEFAULTS: Mapping[str, Any] = {
    "problem": "",
    "typed": {},
    "action": "",
}


def _label(key: str, words: str, flags: int) -> str:
    return f"{words}（{flags}）" if key == "flags" and flags else words


def _scopes() -> Mapping[Any, Any]:
    return {it: scope_for(it) for it in _ACTS}


def _live_url(view: ListView) -> str:
    try:
        return subject_of(view.subject).live_url(view.question_now)
    except UnknownSpec:
        return ""


def _number(name: str = "page") -> int:
    text = request.args.get(name, "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


def _paged(items: Sequence[Item]) -> dict[str, Any]:
    pages = max(1, -(-len(items) // PER_PAGE))
    shown = min(_number(), pages)
    return {
        "shown": items[(shown - 1) * PER_PAGE : shown * PER_PAGE],
        "matching": len(items),
        "page": shown,
        "pages": pages,
        **_neighbours(shown, pages),
    }


def _neighbours(shown: int, pages: int) -> dict[str, str | None]:
    return {
        "previous_url": url_with(page=shown - 1) if shown > 1 else None,
        "next_url": url_with(page=shown + 1) if shown < pages else None,
    }


def read_lines(values: Mapping[str, str]) -> LineFilter:
    """Which lines the address asks for."""
    result = values.get("result", "")
    return LineFilter(
        values.get("q", "").strip()[:LONGEST_SEARCH],
        result if result in ("admitted", "not-admitted") else "",
        values.get("grade", "").strip()[:10],
        _number(),
    )


def _lines(view: ListView, flags: Sequence[FlagView]) -> dict[str, Any]:
    wanted = read_lines(request.args)
    found = list_lines(view.id, scope_for(Permission.POLICY_VIEW), wanted)
    chosen = [
        ("q", "搜索", wanted.search),
        ("result", "结论", {"admitted": "纳入", "not-admitted": "不纳入"}.get(wanted.result, "")),
        ("grade", "等级", "未定级" if wanted.grade == "none" else wanted.grade),
    ]
    return {
        "wanted": wanted,
        "found": found,
        "grades": [(it or "none", it or "未定级") for it in found.grades],
        "flag_of": {it.key: it for it in flags},
        "told": told,
        "chips": [
            (label, words, url_with(**{name: None, "page": None}))
            for name, label, words in chosen
            if words
        ],
        **_neighbours(found.page, found.pages),
    }


def _changes(view: ListView, _flags: Sequence[FlagView]) -> dict[str, Any]:
    previous = previous_of(view)
    if previous is None:
        return {"previous": None}
    scope = scope_for(Permission.POLICY_VIEW)
    every = [
        it for it in differences_between(previous, view) if scope.covers(county=it.line.county)
    ]
    kind = request.args.get("kind", "")
    own = request.args.get("own") == "1"
    fitting = [it for it in every if kind in ("", it.kind) and (it.is_its_own or not own)]
    return {
        "previous": previous,
        "counts": {key: (it.words, count) for it, count in count_by_kind(every).items()
                   for key in [str(it)]},
        "kind": kind if kind in list(Kind) else "",
        "own": own,
        "kinds": {str(key): words for key, words in KIND_WORDS.items()},
        **_paged(fitting),
    }  # fmt: skip


def _flagged(view: ListView, flags: Sequence[FlagView]) -> dict[str, Any]:
    cleared = flags_of(view.id, scope_for(Permission.POLICY_VIEW), cleared=True)
    own = sum(flag.is_its_own for flag in flags)
    return {**_paged(flags), "own": own, "cleared": len(cleared), "kinds": dict(KIND_WORDS)}


def _basis(view: ListView, _flags: Sequence[FlagView]) -> dict[str, Any]:
    content = frozen_content(view.content_sha256)
    return {
        "content": content,
        "facts": len(content["facts"]),
        "sequence": sequence_of_signature(view.id),
    }


def _history(view: ListView, _flags: Sequence[FlagView]) -> dict[str, Any]:
    entries = [_entry(it) for it in steps_of(view.id)]
    return {
        "entries": entries,
        "downloads": downloads_of(view.id),
    }


def _entry(step: Any) -> dict[str, Any]:
    return {
        "day": step.at.astimezone(clock.SHANGHAI).date(),
        "title": _done(step),
        "text": step.note,
        "recorded": f"{step.by_name}，{clock.shown(step.at)}",
    }


def _done(step: Any) -> str:
    found = f"：{Outcome(step.target).words}" if step.action == VERIFY else ""
    return f"{DONE.get(step.action, step.action)}{found}"


_PART = {
    "lines": _lines,
    "changes": _changes,
    "flags": _flagged,
    "basis": _basis,
    "history": _history,
}
