"""Booking tonnes into and out of reserves (储备收支): entries, carry-overs, their annulment.

Each verb leaves the reserve sound, or raises Refused and writes nothing: writers are serial, so
what was read here still holds when it is committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import insert, select

from app.approvals.domain import Refused
from app.kernel import audit, clock, facts
from app.kernel.database import db, known_at
from app.kernel.transaction import transaction
from app.rights.domain import ZERO, Level
from app.rights.models import ReserveMovement, ReserveRecord, RightsCorrection
from app.rights.queries.reserves import (
    entries_of_list,
    find_entry,
    find_statement,
    levels_kept_by,
)
from app.rights.services.flagging import reconsider
from app.rights.tonnage import Account, Entry, EntryKind, statement, why_not_sound
from app.rulebook.queries import flag

CARRY_OVER = "reserve.carry_over"
"""Setting: whether what is left of a reserve may be carried into the next year."""


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """An entry as it is to be booked."""

    account: Account
    kind: EntryKind
    tonnes: Decimal
    booked_on: date
    document: str
    reason: str = ""
    counterpart_id: int | None = None
    list_id: int | None = None


def book(draft: EntryDraft) -> int:
    """Enter tonnes into a reserve or out of it; returns the entry's id. Raises Refused."""
    if draft.tonnes <= 0:
        raise Refused(f"数量 {draft.tonnes} 吨不大于零，没有登记。请核对数量。")
    if draft.booked_on > clock.today():
        raise Refused(f"收支日期 {draft.booked_on} 晚于今天，没有登记。请在发生之后登记。")
    _open(draft.account)
    (entry_id,) = facts.record(ReserveMovement, [_row(draft)])
    if draft.kind is not EntryKind.ALLOCATION:
        reconsider([(draft.account.pollutant, draft.account.year)])
    _keep_sound(draft.account)
    audit.record("reserve.booked", "reserve", entry_id, _told(draft))
    return entry_id


def _row(draft: EntryDraft) -> dict[str, object]:
    account = draft.account
    return {
        "level": str(account.level),
        "pollutant": account.pollutant,
        "year": account.year,
        "kind": str(draft.kind),
        "tonnes": draft.tonnes,
        "booked_on": draft.booked_on,
        "document": draft.document,
        "reason": draft.reason,
        "counterpart_id": draft.counterpart_id,
        "list_id": draft.list_id,
    }


def _told(draft: EntryDraft | Entry, account: Account | None = None) -> dict[str, str]:
    its = draft.account if isinstance(draft, EntryDraft) else account
    return {
        "储备": its.words if its else "",
        "收支": draft.kind.words,
        "数量（吨）": f"{draft.tonnes:.3f}",
        "日期": draft.booked_on.isoformat(),
        "依据文件": draft.document,
        "事由": draft.reason,
    }


def _open(account: Account) -> None:
    """Every reserve has an opening quantity, of nothing where none was imported.

    So each reserve is one row of the ledger, which an import can compare and replace.
    """
    standing = db.session.execute(
        select(ReserveRecord.id).where(
            ReserveRecord.level == str(account.level),
            ReserveRecord.pollutant == account.pollutant,
            ReserveRecord.year == account.year,
            known_at(ReserveRecord, None),
        )
    ).first()
    if standing is None:
        key = {"level": str(account.level), "pollutant": account.pollutant, "year": account.year}
        facts.record(ReserveRecord, [{**key, "tonnes": ZERO}])


def _keep_sound(*accounts: Account) -> None:
    for account in accounts:
        found = find_statement(account)
        problem = why_not_sound(found) if found else None
        if problem:
            raise Refused(problem)


def require_keeper(level: Level) -> None:
    """Raises Refused unless the person of this transaction may book this level's reserves."""
    if level not in levels_kept_by(transaction().actor_id, clock.today()):
        raise Refused(
            "您没有登记这一级储备的权限。省级登记员只登记省级储备，市级储备由市级人员登记。"
        )


def carry_over(account: Account, tonnes: Decimal, on: date, document: str, reason: str) -> None:
    """Move all that is left of a reserve into the next year, as two linked entries.

    ``tonnes`` is what was left when it was proposed. Raises Refused when something else is left
    now, or the bureau's setting does not allow it.
    """
    problem = why_not_carry(account, tonnes, on)
    if problem:
        raise Refused(problem)
    out = book(EntryDraft(account, EntryKind.CARRY_OUT, tonnes, on, document, reason))
    into = account.next_year
    book(EntryDraft(into, EntryKind.CARRY_IN, tonnes, on, document, reason, counterpart_id=out))


def why_not_carry(account: Account, tonnes: Decimal, on: date) -> str | None:
    """Why this remainder may not be carried into the next year; None when it may."""
    if not flag(CARRY_OVER, on):
        return (
            "本局设定不允许把未用完的储备结转到下一年度（方案未规定）。需要结转的，先修改该设定。"
        )
    if on.year <= account.year:
        return (
            f"{account.year} 年度还没有结束，不能结转。请在 {account.year + 1} 年 1 月 1 日后办理。"
        )
    found = find_statement(account)
    left = found.balance if found else ZERO
    if left <= 0:
        return f"{account.words}没有结余，无可结转。"
    if left != tonnes:
        return (
            f"{account.words}的结余已由 {tonnes} 吨变为 {left} 吨，没有结转。"
            "请按现在的结余重新提交。"
        )
    return None


def annul_entry(entry_id: int, reason: str, document: str = "") -> None:
    """Take back an entry booked by hand; both halves of a carry-over go. Raises Refused."""
    account, entry = _by_hand(entry_id)
    halves = [(account, entry), *_other_half(entry)]
    facts.annul(ReserveMovement, [it.id for _, it in halves])
    reconsider((it.pollutant, it.year) for it, _ in halves)
    _keep_sound(*(it for it, _ in halves))
    for its, half in halves:
        note_correction("entry", half.id, None, reason, document)
        audit.record("reserve.annulled", "reserve", half.id,
                     {**_told(half, its), "作废原因": reason, "作废依据": document})  # fmt: skip


def replace_entry(entry_id: int, draft: EntryDraft, reason: str) -> int:
    """Annul an entry booked by hand and book another in its place. Raises Refused."""
    account, entry = _by_hand(entry_id)
    reconsider([(account.pollutant, account.year)])
    if entry.kind not in (EntryKind.IN, EntryKind.OUT):
        raise Refused("结转的数量由结余确定，不能更正。请作废这次结转，再重新办理。")
    facts.annul(ReserveMovement, [entry.id])
    new_id = book(draft)
    _keep_sound(account)
    note_correction("entry", entry.id, new_id, reason, draft.document)
    audit.record("reserve.corrected", "reserve", entry.id,
                 {**_told(entry, account), "更正为": _told(draft), "更正原因": reason})  # fmt: skip
    return new_id


def _by_hand(entry_id: int) -> tuple[Account, Entry]:
    found = find_entry(entry_id)
    if found is None:
        raise Refused("这条收支不存在或已经作废。请返回收支台账查看现在的记录。")
    if found[1].kind is EntryKind.ALLOCATION:
        raise Refused("分配支出由签发的分配清单登记，不能单独更正。请撤回该分配清单。")
    return found


def _other_half(entry: Entry) -> list[tuple[Account, Entry]]:
    if entry.counterpart_id is not None:
        found = find_entry(entry.counterpart_id)
        return [found] if found else []
    other = db.session.execute(
        select(ReserveMovement.id).where(
            ReserveMovement.counterpart_id == entry.id, known_at(ReserveMovement, None)
        )
    ).scalar_one_or_none()
    found = find_entry(other) if other is not None else None
    return [found] if found else []


def note_correction(
    subject: str, fact_id: int, replaced_by: int | None, reason: str, document: str
) -> None:
    """Keep why a fact was annulled by hand, and what stands in its place."""
    current = transaction()
    db.session.execute(
        insert(RightsCorrection).values(
            subject=subject,
            fact_id=fact_id,
            replaced_by=replaced_by,
            reason=reason,
            document=document,
            recorded_at=current.moment,
            recorded_by=current.actor_id,
        )
    )


def book_allocation(account: Account, tonnes: Decimal, on: date, list_id: int, number: str) -> None:
    """Book what a signed allocation gave out. Nothing given, nothing booked. Raises Refused."""
    if tonnes > 0:
        book(EntryDraft(account, EntryKind.ALLOCATION, tonnes, on, number, list_id=list_id))


def unbook_allocation(list_id: int, reason: str, document: str = "") -> None:
    """Book an allocation back when its list is withdrawn or replaced."""
    for account, entry in entries_of_list(list_id):
        facts.annul(ReserveMovement, [entry.id])
        note_correction("entry", entry.id, None, reason, document)
        audit.record("reserve.annulled", "reserve", entry.id,
                     {**_told(entry, account), "作废原因": reason})  # fmt: skip


def set_supplies(supplies: Mapping[int, tuple[Account, Decimal]]) -> None:
    """Replace opening quantities (fact id → reserve and its supply) so that each supply is that.

    Raises Refused where entries already booked would leave a balance below zero.
    """
    corrections: dict[int, dict[str, object]] = {}
    for fact_id, (account, supply) in supplies.items():
        found = (find_statement(account) or statement(account, None, ())).with_supply(supply)
        problem = why_not_sound(found)
        if problem:
            raise Refused(problem)
        key = {"level": str(account.level), "pollutant": account.pollutant, "year": account.year}
        corrections[fact_id] = {**key, "tonnes": found.opening}
    facts.replace(ReserveRecord, corrections)
