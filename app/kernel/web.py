"""What every request goes through, in this order (请求处理).

edge (unreadable input is refused) → who is it → cross-site forgery → permission → transaction →
view → commit or rollback → headers. Views hold none of it.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    make_response,
    render_template,
    request,
    session,
)
from flask_wtf.csrf import CSRFError, CSRFProtect
from jinja2_fragments.flask import render_block
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter
from werkzeug.sansio.utils import host_is_trusted

from app.kernel import audit, htmx, permissions, transaction
from app.kernel.entrance import is_for_filers, whom_to_tell, without_dead_links
from app.kernel.permissions import current_actor
from app.kernel.system_words import disk_is_full

log = logging.getLogger(__name__)
DISK_FULL = "服务器的磁盘已满，写不进去。请立即告知{}；腾出空间后即可继续使用。"
csrf = CSRFProtect()
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
STRANGERS_MAY_SEND = 2 * 1024 * 1024
"""Bytes of a request from somebody not signed in: a form, never a workbook."""

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "object-src 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class BoundedInteger(IntegerConverter):
    """``<int:…>`` in an address: larger than any id is no such page, never a database error."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options.setdefault("max", 9_007_199_254_740_991)
        super().__init__(*arguments, **options)


ResumeView = Callable[[], "Response | str | tuple[str, int] | None"]


def init_web(app: Flask, *, sign_in_first: ResumeView) -> None:
    """Install the pipeline. ``sign_in_first`` answers a request that nobody is signed in for."""
    app.url_map.converters["int"] = BoundedInteger
    csrf.init_app(app)

    app.before_request(_refuse_foreign_host)

    @app.before_request
    def pipeline() -> Any:
        g.request_id = secrets.token_hex(6)
        _refuse_unreadable_input()
        if request.endpoint is None or request.endpoint.startswith("assets."):
            return None
        answer = sign_in_first()
        if answer is not None:
            return answer
        if request.method not in SAFE_METHODS:
            if _comes_from_another_site():
                raise CSRFError
            csrf.protect()
        permissions.enforce()
        person = current_actor()
        if request.method not in SAFE_METHODS:
            transaction.open_for_writing(
                person.user_id if person else None,
                person.display_name if person else "未登录",
                "web",
            )
        return None

    @app.after_request
    def finish(response: Response) -> Response:
        if request.method not in SAFE_METHODS:
            if response.status_code < 400:
                transaction.commit()
            transaction.close()
        return _with_headers(without_dead_links(response))

    app.teardown_request(_leave_no_transaction)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _forgery)
    app.register_error_handler(OperationalError, _database_busy)
    app.register_error_handler(Exception, _unexpected)


def _refuse_foreign_host() -> Response | None:
    """A request for a name that is not this server's; none is, where no names are set.

    The answer is plain text: a page would be made for the forged name.
    """
    names = current_app.config["CONFIG"].trusted_hosts
    if not names or host_is_trusted(request.headers.get("Host", ""), names):
        return None
    sentence = "访问所用的地址不是本系统的地址。请使用本局公布的网址。"
    if not is_for_filers():
        sentence += "网址无误的，请系统管理员核对环境变量 TRUSTED_HOSTS。"
    return Response(sentence, 400, mimetype="text/plain")


def _comes_from_another_site() -> bool:
    """Whether the browser says that another site made it send this, whatever token came along."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return True
    told = request.headers.get("Origin") or request.headers.get("Referer")
    return told is not None and not _is_own_site(told)


def _is_own_site(address: str) -> bool:
    """Whether an address is this server's, by the name that it was asked by or one it has."""
    try:
        host = urlsplit(address).netloc
    except ValueError:  # what a browser never sends
        return False
    names = current_app.config["CONFIG"].trusted_hosts
    return host == request.host or bool(names and host_is_trusted(host, names))


def _refuse_unreadable_input() -> None:
    """Text no database can hold (NUL, lone surrogates) is refused before anything reads it.

    A browser that never signed in may send a form, but nothing large. One whose session has ended
    may: it is asked to sign in and told which file to choose again.
    """
    if "_user_id" not in session:
        request.max_content_length = STRANGERS_MAY_SEND
    for values in (request.args, request.form):
        for name, texts in values.lists():
            for text in (name, *texts):
                if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
                    abort(400, "提交的内容含有无法识别的字符。请删除后重新输入。")
    if "\x00" in request.path:
        abort(404)


def _with_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    location = response.headers.get("Location", "")
    if location.startswith(request.host_url):  # added a slash: a Host header must not choose where
        response.headers["Location"] = "/" + location[len(request.host_url) :].lstrip("/")
    # Browsers that hold a host to this let nobody in after its own certificate was made anew.
    if request.is_secure and not current_app.config["CONFIG"].own_certificate:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if not response.cache_control.immutable:  # all but the assets, which nobody need keep secret
        response.headers["Cache-Control"] = "no-store"
        response.vary.update(("Cookie", "HX-Request"))
    return response


def _leave_no_transaction(_error: BaseException | None) -> None:
    transaction.close()


def page(template: str, *, blocks: tuple[str, ...] = (), **context: Any) -> str:
    """The whole page, or the one block of it that htmx asked for.

    ``blocks`` lists the blocks that may be asked for; the element's id is the block's name with
    ``-`` for ``_``.
    """
    wanted = (htmx.fragment_target() or "").replace("-", "_")
    if wanted in blocks:
        return render_block(template, wanted, **context)
    return render_template(template, **context)


def _error_page(status: int, message: str | None = None) -> tuple[str, int]:
    known = {400, 403, 404, 405, 409, 413, 422, 500, 503}
    template = f"kernel/errors/{status if status in known else (400 if status < 500 else 500)}.html"
    g.is_broken = status >= 500  # the page must come even where the database does not answer
    context = {"message": message, "request_id": g.get("request_id", "")}
    return render_template(template, **context), status


def never_run(response: Response) -> Response:
    """A file on its way to a person; should a browser open it after all, nothing in it runs."""
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def unavailable(message: str, retry_seconds: int) -> Response:
    """The page for a while in which nothing is answered; it reads no database."""
    response = make_response(_error_page(503, message))
    response.headers["Retry-After"] = str(retry_seconds)
    return _with_headers(response)


def _http_error(error: HTTPException) -> Any:
    broke = getattr(error, "original_exception", None)
    if isinstance(broke, OperationalError):  # while the answer was being finished: the commit
        return _database_busy(broke)
    if broke is not None:
        return _unexpected(broke)
    transaction.close()
    status = error.code or 500
    if status < 400:
        return error
    if status in (403, 404) and request.endpoint is not None:
        _note_refusal(status)
    said = error.description if error.description and _is_chinese(error.description) else None
    return _error_page(status, said)


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def _note_refusal(status: int) -> None:
    """A refused or out-of-reach record is worth an entry; an unknown address is not."""
    person = current_actor()
    if person is None:
        return
    audit.record_aside(
        "access.refused",
        "address",
        request.path,
        {"状态": status, "原因": g.get("refused", "不在权限范围或不存在")},
        actor=(person.user_id, person.display_name),
        succeeded=False,
    )


def _forgery(_error: CSRFError) -> Any:
    transaction.close()
    return _error_page(400, "页面已过期或不是从本系统打开。请返回上一页，刷新后重新提交。")


def _database_busy(error: OperationalError) -> Any:
    transaction.close()
    log.exception("database refused, request %s", g.get("request_id"))
    return _no_room() if disk_is_full(error) else _error_page(503)


def _no_room() -> Any:
    """The disk is full; a page's script that sends files shows what ``refused`` says."""
    g.is_broken = True  # before anybody is asked for
    told = DISK_FULL.format(whom_to_tell())
    if request.accept_mimetypes.best == "application/json":
        return jsonify(refused=told), 503
    return _error_page(503, told)


def _unexpected(error: Exception) -> Any:
    transaction.close()
    log.exception("request %s failed", g.get("request_id"))
    return _no_room() if disk_is_full(error) else _error_page(500)
