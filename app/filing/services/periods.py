"""The windows of filing (申报期): proposed by one person, set, changed or withdrawn by another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.approvals import services as approvals
from app.approvals.domain import Payload, Refused
from app.filing.domain import Kind
from app.filing.periods_of_year import WindowWanted, why_not
from app.filing.queries.windows import find_window, windows_of
from app.filing.services.windows import annul_window, set_window
from app.kernel.database import db

PERIOD = "filing.period"
SET, CHANGE, WITHDRAW = "set", "change", "withdraw"
ACTS: Mapping[str, str] = {SET: "设定申报期", CHANGE: "修改申报期", WITHDRAW: "撤销申报期"}


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be done with a window, and why."""

    act: str
    wanted: WindowWanted
    document: str
    reason: str
    window_id: int | None = None
    """The window that is changed or withdrawn."""

    @property
    def payload(self) -> dict[str, Any]:
        """As a proposal keeps it."""
        it = self.wanted
        return {
            "act": self.act, "window": self.window_id, "year": it.year, "kind": it.kind.value,
            "from_on": it.from_on.isoformat(), "until_on": it.until_on.isoformat(),
            "document": self.document, "reason": self.reason,
        }  # fmt: skip

    @property
    def title(self) -> str:
        """As the list of what waits for a decision names it."""
        it = self.wanted
        return f"{ACTS[self.act]}：{it.kind.in_year(it.year)} {it.from_on} 至 {it.until_on}"


def read_act(payload: Payload) -> Act:
    """What was proposed."""
    wanted = WindowWanted(
        int(payload["year"]),
        Kind(payload["kind"]),
        date.fromisoformat(payload["from_on"]),
        date.fromisoformat(payload["until_on"]),
    )
    return Act(payload["act"], wanted, payload["document"], payload["reason"], payload["window"])


def refuse_unsound(act: Act) -> None:
    """Raise Refused when it cannot be done as the register stands."""
    if act.act != SET:
        standing = None if act.window_id is None else find_window(act.window_id)
        if standing is None or standing.is_annulled:
            raise Refused(
                "这个申报期已经另行修改或撤销，原来提出的依据不再成立。请返回申报期列表查看，"
                "需要的重新提出。"
            )
    if act.act != WITHDRAW:
        others = [
            it
            for it in windows_of(act.wanted.year, act.wanted.kind)
            if it.id != act.window_id
        ]  # fmt: skip
        if why := why_not(act.wanted, others):
            raise Refused(why)


def propose_period(act: Act) -> int:
    """Put it before a second person; nothing of it takes effect. Raises Refused."""
    refuse_unsound(act)
    return approvals.propose(PERIOD, act.title, act.payload)


def carry_out(payload: Payload) -> int:
    """Do what was proposed; the old window stays on record. Raises Refused."""
    act = read_act(payload)
    refuse_unsound(act)
    if act.window_id is not None:
        annul_window(act.window_id, f"{act.reason}（{act.document}）")
        db.session.flush()
    if act.act == WITHDRAW:
        return act.window_id or 0
    it = act.wanted
    return set_window(
        it.year, it.kind, it.from_on, it.until_on, document=act.document, reason=act.reason
    )
