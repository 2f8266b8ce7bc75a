"""The demo bureau at work (示例办公): lists drafted, checked and signed, matters that wait.

Entered through the same services as in the browser, each by the person whose part it is, so that
every desk of the demo has something on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.approvals import services as approvals
from app.demo import filings, tables
from app.issuing import services as issuing
from app.issuing.queries import lines_of
from app.issuing.services import Signature
from app.kernel import audit, clock
from app.kernel.authority import EVERYTHING
from app.kernel.transaction import Transaction
from app.registry.change_rules import Change, ChangeKind
from app.registry.queries import plant_now, situation_of
from app.registry.services import make_change
from app.rights.domain import Level
from app.rights.services.proposals import propose_entry
from app.rights.services.reserves import EntryDraft
from app.rights.tonnage import Account, EntryKind
from app.supervision.services import ViolationEntry, record_violations

EARLIER_LIST = timedelta(days=45)
FILING_OPEN, FILING_LEFT = timedelta(days=30), timedelta(days=14)
PLANNED_AHEAD = timedelta(days=30)
LATER = timedelta(seconds=1)
STORY = "示例·"
"""Begins the names of enterprises that show a rule; everyday ones bear it elsewhere."""
CLOSING_STORY = "长期停产"
FILING_STORY = "一厂一册"


@dataclass(frozen=True, slots=True)
class Office:
    """Who works here, by account name (lasting id and shown name), and the plants of stories."""

    current: Transaction
    people: Mapping[str, tuple[int, str]]
    story_plants: Mapping[str, int]

    @contextmanager
    def desk_of(self, name: str) -> Iterator[None]:
        """What is done inside is done by this person."""
        before = self.current.actor_id, self.current.actor_name
        self.current.actor_id, self.current.actor_name = self.people[name]
        try:
            yield
        finally:
            self.current.actor_id, self.current.actor_name = before

    def work(self) -> None:
        """One list signed and its successor waiting for the head; further matters that wait."""
        today = clock.today()
        self._put_tables_in_force(today)
        first = self._checked("measure", "positive-list", EARLIER_LIST)
        with self.desk_of("city-head"):
            number = f"示例函〔{today.year}〕1号"
            issuing.sign(first, EVERYTHING, Signature(number, confirms_draft_rulebook=True))
        self._learn_late(first)
        self._checked("measure", "positive-list", timedelta())
        with self.desk_of("city-officer"):
            issuing.draft("allocation", f"province/VOCs/{today.year}", today)
            account = Account(Level.CITY, "VOCs", today.year)
            document = f"示例储备〔{today.year}〕3号"
            propose_entry(
                EntryDraft(account, EntryKind.IN, Decimal("12.5"), today, document, "关停企业收储")
            )
        self._plan_closing()
        self._open_for_renewals(today)
        self._file()

    def _open_for_renewals(self, today: date) -> None:
        """This year's window of renewals: two weeks of it are left, so those who wait are told."""
        with self.desk_of("city-officer"):
            proposal = filings.propose_window(today.year, today - FILING_OPEN, today + FILING_LEFT)
        with self.desk_of("city-head"):
            approvals.approve(proposal)

    def _file(self) -> None:
        """An enterprise fills in a filing for one plant and submits one for the other."""
        first, second = filings.plants_beside(self.story_plants[FILING_STORY])
        with self.desk_of("filer"):
            filings.fill_in(filings.begin(first), half=True)
            ready = filings.begin(second)
            filings.fill_in(ready)
        with self.desk_of("signatory"):
            filings.sign(ready, *self.people["signatory"])

    def _put_tables_in_force(self, today: date) -> None:
        """The made-up indicator tables: entered, put before the head, approved."""
        with self.desk_of("rule-editor"):
            tables.keep_shipped()
        for name in tables.names():
            with self.desk_of("rule-editor"):
                proposal = tables.propose(*tables.keep(name), date(today.year, 1, 1))
            with self.desk_of("city-head"):
                tables.approve(proposal)

    def _checked(self, kind: str, spec: str, ago: timedelta) -> int:
        """A list that one officer drafted and another checked."""
        with self.desk_of("city-officer"):
            list_id = issuing.draft(kind, spec, clock.today() - ago)
        with self.desk_of("city-officer-2"):
            issuing.check(list_id, EVERYTHING)
        return list_id

    def _learn_late(self, list_id: int) -> None:
        """A decision of the list's own day that arrived after the signature: it flags the list."""
        line = next(it for it in lines_of(list_id) if it.admitted and STORY not in it.name)
        on = clock.today() - EARLIER_LIST
        self.current.moment += LATER
        decision = ViolationEntry(line.enterprise_id, line.plant_id, "超许可浓度或总量", None, on,
                                  f"示例罚〔{on.year}〕95号")  # fmt: skip
        with self.desk_of("city-officer"):
            ids = record_violations([decision])
            detail = {"厂区": line.who, "文号": decision.document, "决定日期": on}
            audit.record("violation.recorded", "violation", ids[0], detail, county=line.county)

    def _plan_closing(self) -> None:
        """A plant that will close: the change stands planned until its day."""
        plant_id = self.story_plants[CLOSING_STORY]
        on = clock.today() + PLANNED_AHEAD
        change = Change(
            ChangeKind.CLOSE, plant_id, on, "长期停产后关闭", f"示例通知〔{on.year}〕8号"
        )
        with self.desk_of("keqiao-officer"):
            make_change(change, situation_of(change, plant_now(plant_id), EVERYTHING))
