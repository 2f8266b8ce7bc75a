"""When filing is open (申报期): set per year and kind, never two at once."""

from __future__ import annotations

from datetime import date

from app.approvals.domain import Overtaken, Refused
from app.filing.domain import Kind
from app.filing.models import FilingWindow
from app.filing.periods_of_year import WindowWanted, why_not
from app.filing.queries import windows_of
from app.kernel import audit, facts
from app.kernel.database import db

LONGEST_DOCUMENT, LONGEST_REASON = 100, 200


def set_window(
    year: int, kind: Kind, from_on: date, until_on: date, *, document: str, reason: str = ""
) -> int:
    """Set a window; returns its id. Raises Refused where another one holds on the same day."""
    if not document.strip():
        raise Refused("没有填写设定申报期的依据文件。请填写文号或会议纪要。")
    if why := why_not(WindowWanted(year, kind, from_on, until_on), windows_of(year, kind)):
        raise Refused(why)
    (window_id,) = facts.record(
        FilingWindow,
        [
            {
                "year": year, "kind": kind.value, "from_on": from_on, "until_on": until_on,
                "document": document.strip()[:LONGEST_DOCUMENT],
                "reason": reason.strip()[:LONGEST_REASON],
            }
        ],
    )  # fmt: skip
    audit.record("filing.window_set", "filing_window", window_id,
                 {"年度": year, "类型": kind.words, "自": from_on, "至": until_on,
                  "依据": document.strip()})  # fmt: skip
    return window_id


def annul_window(window_id: int, reason: str) -> None:
    """Take a window back; it stays on record. Raises Refused."""
    row = db.session.get(FilingWindow, window_id)
    if row is None:
        raise Refused("没有这个申报期。请返回申报期列表。")
    if row.annulled_at is not None:
        raise Overtaken("该申报期已经撤销。请刷新页面查看现在的申报期。")
    if not reason.strip():
        raise Refused("撤销申报期须写明理由。请填写后重新提交。")
    facts.annul(FilingWindow, [window_id])
    audit.record("filing.window_annulled", "filing_window", window_id,
                 {"年度": row.year, "类型": Kind(row.kind).words, "自": row.from_on,
                  "至": row.until_on, "理由": reason.strip()})  # fmt: skip
