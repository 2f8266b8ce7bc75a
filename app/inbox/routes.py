"""收件箱: each person's tasks and notices, what is read, what is signed for."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Blueprint, abort, flash, request, url_for
from werkzeug import Response

from app.accounts.sessions import signed_in_person
from app.inbox import services
from app.inbox.domain import due_words
from app.inbox.forms import read_filter
from app.inbox.queries import (
    PARTS,
    STATES,
    MessageView,
    Recipient,
    all_messages,
    count_waiting,
    find_message,
    list_messages,
    unread_notices,
)
from app.kernel import clock, files, htmx
from app.kernel.authority import Permission
from app.kernel.entrance import is_answered
from app.kernel.listing import chips, heads, ways
from app.kernel.permissions import can, signed_in
from app.kernel.spreadsheets.layout import Column, SheetLayout
from app.kernel.spreadsheets.writer import write_xlsx
from app.kernel.web import page

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEADS = {"title": "内容", "due": "期限", "sent": "发出时间"}
_COLUMNS = (
    Column("编号", 8, "number"), Column("类别", 8), Column("内容", 50), Column("正文", 50),
    Column("期限", 12), Column("发出人", 14), Column("发出时间", 18), Column("阅读时间", 18),
    Column("签收时间", 18), Column("办结时间", 18),
)  # fmt: skip

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox", template_folder="templates")


@blueprint.get("")
@signed_in
def messages() -> str:
    """One part of the inbox: what is to be done, notices, what was done."""
    today = clock.today()
    wanted, who = read_filter(request.args, today), Recipient.of(signed_in_person())
    found = list_messages(who, wanted)
    counts = count_waiting(who)
    unread = counts.unread
    numbers = {"todo": f"（{counts.todo}）", "notices": f"（{unread} 未读）" if unread else ""}
    return page(
        "inbox/messages.html",
        blocks=("rows",),
        wanted=wanted,
        found=found,
        due_words=due_words,
        unread=unread,
        may_send=can(Permission.NOTICE_SEND),
        states=STATES,
        parts=[
            (words + numbers.get(part, ""), url_for("inbox.messages", part=part),
             part == wanted.part)
            for part, words in PARTS.items()
        ]
        + _tab_of_proposals(),
        heads=heads(_HEADS, wanted.sort, falling=wanted.falling, newest_first={"sent"}),
        chips=chips((
            ("搜索", "q", wanted.search), ("状态", "state", STATES.get(wanted.state, "")),
        )),
        clear_url=url_for("inbox.messages", part=wanted.part),
        **ways(found.page, found.pages),
    )  # fmt: skip


def _tab_of_proposals() -> list[tuple[str, str, bool]]:
    endpoint = "approvals.proposals"
    return [("复核", url_for(endpoint), False)] if is_answered(endpoint) else []


@blueprint.post("/export")
@signed_in
def export_messages() -> Response:
    """The list as filtered, as a workbook."""
    today, person = clock.today(), signed_in_person()
    wanted = read_filter(request.args, today)
    rows = [_cells(it) for it in all_messages(Recipient.of(person), wanted)]
    name, content = f"收件箱（{PARTS[wanted.part]}）", BytesIO()
    layout = SheetLayout(PARTS[wanted.part], _COLUMNS, rows, titles=[name],
                         notes=[f"导出日期 {today}，共 {len(rows)} 条"])  # fmt: skip
    write_xlsx(content, [layout])
    content.seek(0)
    address = files.offer_download(content, f"{name} {today}.xlsx", XLSX, "收件箱", person.user_id)
    return htmx.htmx_redirect(address)


@blueprint.get("/<int:message_id>")
@signed_in
def message_page(message_id: int) -> str:
    """One message; opening it notes that this person has read it."""
    message = _message(message_id)
    if message.read_at is None:
        services.mark_read(message_id, signed_in_person().user_id)
    return page(
        "inbox/message.html",
        message=message,
        due=due_words(message.due_on, clock.today()) if message.closed_at is None else None,
    )


@blueprint.post("/<int:message_id>/sign")
@signed_in
def sign_for_message(message_id: int) -> Response:
    """Sign for a notice that asks for it (签收); a second time changes nothing."""
    message = _message(message_id)
    if message.waits_for_signature:
        services.acknowledge(message_id, signed_in_person().user_id)
        flash("已签收。")
    return htmx.htmx_redirect(url_for("inbox.message_page", message_id=message_id))


@blueprint.post("/read")
@signed_in
def read_all_notices() -> Response:
    """Put all notices among those that are read."""
    person = signed_in_person()
    unread = unread_notices(Recipient.of(person))
    if unread:
        services.mark_all_read(unread, person.user_id)
        flash(f"已将 {len(unread)} 条通知标为已读。")
    return htmx.htmx_redirect(url_for("inbox.messages", part="notices"))


def _message(message_id: int) -> MessageView:
    message = find_message(message_id, Recipient.of(signed_in_person()))
    if message is None:
        abort(404, "没有这条消息，或者不是发给您的。")
    return message


def _cells(it: MessageView) -> list[Any]:
    moments = [clock.shown(at) if at else "" for at in (it.read_at, it.acknowledged_at)]
    return [
        it.id,
        it.kind.words,
        it.title,
        it.body,
        str(it.due_on or ""),
        it.sender,
        clock.shown(it.sent_at),
        *moments,
        clock.shown(it.closed_at) if it.closed_at else "",
    ]
