"""What of a reserve's ledger a second person decides (储备收支复核), and how it is carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from app.approvals import services as approvals
from app.approvals.domain import Kind, Overtaken, Payload, Proposal, Refused
from app.approvals.queries import open_of_kinds, proposed_words
from app.kernel.authority import Permission
from app.kernel.transaction import rehearse
from app.rights.domain import ZERO, Level
from app.rights.queries.reserves import find_entry, find_statement
from app.rights.services.reserves import (
    EntryDraft,
    annul_entry,
    book,
    carry_over,
    replace_entry,
    require_keeper,
)
from app.rights.tonnage import Account, EntryKind

Told = Sequence[tuple[str, str]]


def propose_entry(draft: EntryDraft) -> int:
    """Put an entry before a second person; returns the proposal's id. Raises Refused."""
    return _propose(ENTRY, f"{draft.account.words} {draft.kind.words} {draft.tonnes:.3f} 吨", {
        "entry": _as_payload(draft)})  # fmt: skip


def propose_correction(entry_id: int, draft: EntryDraft, reason: str) -> int:
    """Put the correction of an entry before a second person. Raises Refused."""
    title = f"{draft.account.words} 更正为{draft.kind.words} {draft.tonnes:.3f} 吨"
    payload = {"replaces": entry_id, "entry": _as_payload(draft), "why": reason}
    return _propose(CORRECTION, title, payload)


def propose_annulment(entry_id: int, reason: str, document: str) -> int:
    """Put the annulment of an entry before a second person. Raises Refused."""
    account, entry = found_or_refused(entry_id)
    title = f"{account.words} 作废{entry.kind.words} {entry.tonnes:.3f} 吨"
    payload = {"annuls": entry_id, "why": reason, "document": document,
               "account": _account_as_payload(account)}  # fmt: skip
    return _propose(ANNULMENT, title, payload)


def propose_carry(account: Account, tonnes: Decimal, on: date, document: str, reason: str) -> int:
    """Put the carrying over of all that is left before a second person. Raises Refused."""
    draft = EntryDraft(account, EntryKind.CARRY_OUT, tonnes, on, document, reason)
    title = f"{account.words} 结余 {tonnes:.3f} 吨结转到 {account.year + 1} 年度"
    return _propose(CARRY, title, {"entry": _as_payload(draft)})


def _propose(kind: Kind, title: str, payload: Payload) -> int:
    """Only what could be carried out now is proposed, and one thing about an entry at a time."""
    entry_id = payload.get("annuls") or payload.get("replaces")
    for it in open_of_kinds([CORRECTION.id, ANNULMENT.id]) if entry_id else ():
        if entry_id in (it.payload.get("annuls"), it.payload.get("replaces")):
            raise Overtaken(
                f"这条收支的更正或作废已由{proposed_words(it.id)}提交复核，尚未办结。"
                "请等待复核，或由提交人撤回后再提交。"
            )
    rehearse(lambda: kind.carry_out(payload), lambda: None)
    return approvals.propose(kind.id, title, payload)


def found_or_refused(entry_id: int) -> tuple[Account, Any]:
    """The standing entry with its reserve. Raises Refused."""
    found = find_entry(entry_id)
    if found is None:
        raise Refused("这条收支不存在或已经作废。请返回收支台账查看现在的记录。")
    return found


def _account_as_payload(account: Account) -> dict[str, object]:
    return {"level": str(account.level), "pollutant": account.pollutant, "year": account.year}


def _account(payload: Payload) -> Account:
    return Account(Level(payload["level"]), payload["pollutant"], payload["year"])


def _as_payload(draft: EntryDraft) -> dict[str, object]:
    return {
        **_account_as_payload(draft.account),
        "kind": str(draft.kind),
        "tonnes": str(draft.tonnes),
        "booked_on": draft.booked_on.isoformat(),
        "document": draft.document,
        "reason": draft.reason,
    }


def _draft(payload: Payload) -> EntryDraft:
    its = payload["entry"]
    return EntryDraft(
        account=_account(its),
        kind=EntryKind(its["kind"]),
        tonnes=Decimal(its["tonnes"]),
        booked_on=date.fromisoformat(its["booked_on"]),
        document=its["document"],
        reason=its["reason"],
    )


# --- Carrying out ------------------------------------------------------------------------------


def _book(payload: Payload) -> None:
    draft = _draft(payload)
    require_keeper(draft.account.level)
    book(draft)


def _replace(payload: Payload) -> None:
    draft, (account, _) = _draft(payload), found_or_refused(payload["replaces"])
    require_keeper(account.level)
    require_keeper(draft.account.level)
    replace_entry(payload["replaces"], draft, payload["why"])


def _annul(payload: Payload) -> None:
    account, _ = found_or_refused(payload["annuls"])
    require_keeper(account.level)
    annul_entry(payload["annuls"], payload["why"], payload["document"])


def _carry(payload: Payload) -> None:
    its = _draft(payload)
    require_keeper(its.account.level)
    carry_over(its.account, its.tonnes, its.booked_on, its.document, its.reason)


# --- Telling -----------------------------------------------------------------------------------


def _tell_entry(payload: Payload) -> Told:
    its = _draft(payload)
    return [
        ("储备", its.account.words),
        ("收支", its.kind.words),
        ("数量（吨）", f"{its.tonnes:.3f}"),
        ("日期", its.booked_on.isoformat()),
        ("依据文件", its.document),
        ("事由", its.reason or "未填"),
    ]


def _tell_correction(payload: Payload) -> Told:
    found = find_entry(payload["replaces"])
    before = "原收支已经作废"
    if found is not None:
        its = found[1]
        before = f"{its.booked_on} {its.kind.words} {its.tonnes:.3f} 吨（{its.document}）"
    return [("更正前", before), *_tell_entry(payload), ("更正原因", payload["why"])]


def _tell_annulment(payload: Payload) -> Told:
    found = find_entry(payload["annuls"])
    entry = "这条收支已经作废"
    if found is not None:
        its = found[1]
        entry = f"{its.booked_on} {its.kind.words} {its.tonnes:.3f} 吨（{its.document}）"
    return [
        ("储备", _account(payload["account"]).words),
        ("作废的收支", entry),
        ("作废原因", payload["why"]),
        ("作废依据", payload["document"] or "未填"),
    ]


def _tell_carry(payload: Payload) -> Told:
    return [*_tell_entry(payload), ("转入", _draft(payload).account.next_year.words)]


def _preview(
    accounts: Callable[[Payload], Sequence[Account]], carry_out: Callable[[Payload], None]
) -> Callable[[Payload], tuple[str, Mapping[str, Any]]]:
    """The balances of the reserves concerned, before and after; the reason where it cannot be."""

    def preview(payload: Payload) -> tuple[str, Mapping[str, Any]]:
        touched = accounts(payload)
        before = [_sums(it) for it in touched]
        problem, after = "", before
        try:
            after = rehearse(lambda: carry_out(payload), lambda: [_sums(it) for it in touched])
        except Refused as refused:
            problem = str(refused)
        rows = [
            (account.words, *was, *becomes)
            for account, was, becomes in zip(touched, before, after, strict=True)
        ]
        return "rights/_entry_preview.html", {"rows": rows, "problem": problem}

    return preview


def _sums(account: Account) -> tuple[Decimal, Decimal]:
    found = find_statement(account)
    return (found.supply, found.balance) if found else (ZERO, ZERO)


def _of_entry(payload: Payload) -> Sequence[Account]:
    return [_draft(payload).account]


def _of_correction(payload: Payload) -> Sequence[Account]:
    found = find_entry(payload["replaces"])
    accounts = [_draft(payload).account, *([found[0]] if found else [])]
    return list(dict.fromkeys(accounts))


def _of_annulment(payload: Payload) -> Sequence[Account]:
    account = _account(payload["account"])
    found = find_entry(payload["annuls"])
    if found and found[1].kind is EntryKind.CARRY_OUT:
        return [account, account.next_year]
    if found and found[1].kind is EntryKind.CARRY_IN:
        return [Account(account.level, account.pollutant, account.year - 1), account]
    return [account]


def _of_carry(payload: Payload) -> Sequence[Account]:
    account = _draft(payload).account
    return [account, account.next_year]


_KEEPS = Permission.RESERVE_RECORD
ENTRY = Kind("reserve.entry", "储备收支登记", _KEEPS, _tell_entry, _book,
             _preview(_of_entry, _book))  # fmt: skip
CORRECTION = Kind("reserve.correction", "储备收支更正", _KEEPS, _tell_correction, _replace,
                  _preview(_of_correction, _replace))  # fmt: skip
ANNULMENT = Kind("reserve.annulment", "储备收支作废", _KEEPS, _tell_annulment, _annul,
                 _preview(_of_annulment, _annul))  # fmt: skip
CARRY = Kind("reserve.carry", "储备结转", _KEEPS, _tell_carry, _carry,
             _preview(_of_carry, _carry))  # fmt: skip
KINDS = (ENTRY, CORRECTION, ANNULMENT, CARRY)
_TOUCHED = {
    ENTRY.id: _of_entry,
    CORRECTION.id: _of_correction,
    ANNULMENT.id: _of_annulment,
    CARRY.id: _of_carry,
}


def pending() -> dict[Account, list[Proposal]]:
    """What waits for a second person, by the reserves it would change; counted nowhere yet."""
    found: dict[Account, list[Proposal]] = {}
    for proposal in open_of_kinds(_TOUCHED):
        for account in _TOUCHED[proposal.kind](proposal.payload):
            found.setdefault(account, []).append(proposal)
    return found
