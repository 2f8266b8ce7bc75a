"""Loading the demo county (载入示例数据) through the services of the stages, in one transaction.

The register's history is entered in the order in which it became known: the recorded moment moves
through :data:`CHAPTERS`, so that "as known at" has something to show. Nothing is inserted here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeAlias

from app.accounts import passwords
from app.accounts import queries as accounts
from app.accounts import services as account_services
from app.demo.builder import COUNTY_CODES, PLAN, DemoRegister, Fact
from app.demo.county import (
    POLLUTANTS,
    TOP,
    add_enterprises,
    add_projects,
    add_supervision,
)
from app.demo.office import Office
from app.demo.people import FORMER_OFFICER, PEOPLE, PRESENT_OFFICER, DemoPerson
from app.demo.stories import add_stories
from app.followup import services as followup
from app.grades import services as grades
from app.kernel import audit, clock
from app.kernel.transaction import Transaction, writing
from app.registry import services as registry
from app.registry.queries import list_plant_ids
from app.rights import services as rights
from app.rights.services import ReserveEntry
from app.supervision import services as supervision
from app.upgrading import services as upgrading

VIA = "示例数据"
CHAPTERS = (150, 90, 45, 14, 0)
"""So many days before today the register was added to; what is older came with the first."""
OFFICE_HOURS = time(16, 30)
LEVEL_GRADES = MappingProxyType({"city": TOP, "province": frozenset({"A+", "A", "引领性"})})
RESERVE_SHARE = Decimal("0.55")
"""Of what the admitted ask for, so that the edge of the reserve falls among them."""

Recording: TypeAlias = Callable[[Sequence[Any]], list[int]]
Correcting: TypeAlias = Callable[[Mapping[int, Any]], object]
VERBS: Mapping[str, tuple[Recording, Correcting]] = MappingProxyType(
    {
        "industries": (registry.record_industries, registry.correct_industries),
        "lines": (registry.record_lines, registry.correct_lines),
        "measures": (registry.record_emergency_measures, registry.correct_emergency_measures),
        "violations": (supervision.record_violations, supervision.correct_violations),
        "findings": (supervision.record_findings, supervision.correct_findings),
        "grades": (grades.record_grades, grades.correct_grades),
        "inspections": (followup.record_inspections, followup.correct_inspections),
        "projects": (upgrading.record_projects, upgrading.correct_projects),
        "applications": (rights.record_applications, rights.correct_applications),
        "reserves": (rights.record_reserves, rights.correct_reserves),
    }
)
"""How the facts of each kind are entered and corrected, in the order of the ledger's sheets."""
KIND_TITLES = MappingProxyType(
    {
        "industries": "行业", "lines": "生产线", "measures": "应急措施", "violations": "违法行为",
        "findings": "虚假材料", "grades": "等级", "inspections": "检查", "projects": "建设项目",
        "applications": "排污权申请", "reserves": "排污权储备",
    }
)  # fmt: skip


class DemoRefused(Exception):
    """The database is not empty."""

    sentence = (
        "数据库中已有数据，示例数据只能载入空库，本次未作任何改动。"
        "请改用空的数据目录（INSTANCE_DIR 或 --instance）。"
    )


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account that was opened, as it is printed."""

    name: str
    role: str
    scope: str


@dataclass(frozen=True, slots=True)
class DemoLoaded:
    """What was loaded; the password is the same for all, random, and kept nowhere."""

    password: str
    accounts: tuple[DemoAccount, ...]
    enterprises: int
    plants: int


def make_register(today: date) -> DemoRegister:
    """The made-up register of a day."""
    register = DemoRegister(today)
    add_enterprises(register)
    add_supervision(register)
    add_projects(register)
    add_stories(register)
    _add_reserves(register)
    return register


def _add_reserves(register: DemoRegister) -> None:
    """A reserve for each level, pollutant and year that covers part of what is asked."""
    present = register.present_grades()
    asked: dict[tuple[str, str, int], Decimal] = {}
    for fact in register.facts["applications"]:
        for level, admitted in LEVEL_GRADES.items():
            if present[fact.entry.plant_id] in admitted:
                key = (level, fact.entry.pollutant, fact.entry.year)
                asked[key] = asked.get(key, Decimal(0)) + fact.entry.asked
    for level in LEVEL_GRADES:
        for pollutant in POLLUTANTS:
            for year in (register.today.year - 1, register.today.year):
                tonnes = asked.get((level, pollutant, year), Decimal(0)) * RESERVE_SHARE
                entry = ReserveEntry(level, pollutant, year, tonnes.quantize(Decimal("0.1")))
                register.add("reserves", entry)


def load_demo() -> DemoLoaded:
    """Enter the demo county into an empty database: all of it, or nothing. Raises DemoRefused."""
    register = make_register(clock.today())
    password = passwords.one_time_password()
    kept = passwords.hashed(password)  # takes long: before the writer's lock
    with writing(VIA) as current:
        if accounts.has_accounts() or accounts.list_bureaus() or list_plant_ids():
            raise DemoRefused
        _Loading(current, register, kept).run()
    return DemoLoaded(
        password,
        tuple(_as_printed(person) for person in PEOPLE),
        len(register.enterprises),
        len(register.plants),
    )


def _as_printed(person: DemoPerson) -> DemoAccount:
    scope = person.county or "、".join(f"示例·{title}有限公司" for title in person.stories)
    return DemoAccount(person.name, person.role.label, scope or _wide_scope(person))


def _wide_scope(person: DemoPerson) -> str:
    return {"province-recorder": "全省登记（本市数据）"}.get(person.role, "全市")


class _Loading:
    """One run: which lasting ids the enterprises, plants and facts have been given."""

    def __init__(self, current: Transaction, register: DemoRegister, kept: str) -> None:
        self._current = current
        self._register = register
        self._kept = kept
        self._enterprises: list[int] = []
        self._plants: list[int] = []
        self._fact_ids: dict[int, int] = {}
        self._people: dict[str, tuple[int, str]] = {}
        self._now = current.moment
        self._may_look_back = current.last_sequence == 0
        self._days = [register.ago(days) for days in CHAPTERS]

    def run(self) -> None:
        """Set the bureau up, enter chapter after chapter, open the accounts in the last."""
        with self._at(self._days[0] - timedelta(days=1)):
            account_services.set_up_bureau(PLAN)
            former = self._open(FORMER_OFFICER, passwords.hashed(passwords.one_time_password()))
        recorder = (former, FORMER_OFFICER.shown)
        for chapter, day in enumerate(self._days):
            with self._at(day):
                if chapter == len(self._days) - 1:
                    recorder = self._hand_over(former)
                self._current.actor_id, self._current.actor_name = recorder
                self._enter(chapter)
        self._current.actor_id, self._current.actor_name = None, "系统"
        grades.refresh_all_if_stale()
        with self._at(self._days[-1]):
            Office(self._current, self._people, self._story_plants()).work()

    def _at(self, day: date) -> Any:
        """Everything inside is recorded in the afternoon of that day, or now if there is none.

        The chain of audit entries runs forward only, so what is already in it sets the pace.
        """
        wanted = datetime.combine(day, OFFICE_HOURS, clock.SHANGHAI)
        moment = wanted if self._may_look_back and wanted < self._now else self._now
        self._current.moment = moment
        return clock.frozen(moment)

    def _hand_over(self, former: int) -> tuple[int, str]:
        """Open the accounts that are printed and disable the former officer's."""
        self._people = {
            person.name: (self._open(person, self._kept), person.shown) for person in PEOPLE
        }
        account_services.disable_account(former)
        return self._people[PRESENT_OFFICER]

    def _story_plants(self) -> dict[str, int]:
        """The lasting id of the first plant of every story."""
        stories = self._register.story_plants.items()
        return {title: self._plants[places[0]] for title, places in stories}

    def _open(self, person: DemoPerson, kept: str) -> int:
        self._current.actor_id, self._current.actor_name = None, "系统"
        made = account_services.open_account(person.name, person.shown, password_hash=kept)
        for uscc in self._usccs(person) or (None,):
            account_services.grant_role(
                made.user_id, person.role, county=COUNTY_CODES.get(person.county), uscc=uscc
            )
        return made.user_id

    def _usccs(self, person: DemoPerson) -> list[str]:
        register = self._register
        owners = [
            register.plants[register.story_plants[title][0]].enterprise_id
            for title in person.stories
        ]
        return [register.enterprises[owner].entry.uscc for owner in owners]

    def _enter(self, chapter: int) -> None:
        counts = {"企业": 0, "厂区": 0}
        if chapter == 0:
            counts = self._enter_plants()
        self._correct_enterprises(chapter)
        for kind, (record, correct) in VERBS.items():
            facts = self._register.facts[kind]
            fresh = sorted(
                (fact for fact in facts if self._chapter(fact.known_on) == chapter),
                key=lambda fact: fact.known_on,
            )
            ids = record([self._with_ids(self._as_known(fact, chapter)) for fact in fresh])
            self._fact_ids.update(zip(map(id, fresh), ids, strict=True))
            later = {
                self._fact_ids[id(fact)]: self._with_ids(fact.corrected)
                for fact in facts
                if self._is_corrected_in(fact, chapter)
            }
            correct(later)
            counts[KIND_TITLES[kind]] = len(fresh) + len(later)
        audit.record("demo.loaded", "demo", self._days[chapter], counts)

    def _enter_plants(self) -> dict[str, int]:
        self._enterprises = registry.register_enterprises(
            [self._as_known(fact, 0) for fact in self._register.enterprises]
        )
        self._plants = registry.register_plants(
            [
                replace(entry, enterprise_id=self._enterprises[entry.enterprise_id])
                for entry in self._register.plants
            ]
        )
        return {"企业": len(self._enterprises), "厂区": len(self._plants)}

    def _correct_enterprises(self, chapter: int) -> None:
        registry.correct_enterprises(
            {
                self._enterprises[index]: fact.corrected
                for index, fact in enumerate(self._register.enterprises)
                if self._is_corrected_in(fact, chapter)
            }
        )

    def _chapter(self, day: date) -> int:
        """The first chapter on or after the day; what lies ahead is known now."""
        return min(bisect_left(self._days, day), len(self._days) - 1)

    def _is_corrected_in(self, fact: Fact, chapter: int) -> bool:
        return (
            fact.corrected_on is not None
            and self._chapter(fact.corrected_on) == chapter
            and self._chapter(fact.known_on) < chapter
        )

    def _as_known(self, fact: Fact, chapter: int) -> Any:
        """The fact as it was known in the chapter it is entered in."""
        known = fact.corrected_on is not None and self._chapter(fact.corrected_on) <= chapter
        return fact.corrected if known else fact.entry

    def _with_ids(self, entry: Any) -> Any:
        """The entry with lasting ids for places in the lists."""
        changes = {}
        if getattr(entry, "plant_id", None) is not None:
            changes["plant_id"] = self._plants[entry.plant_id]
        if hasattr(entry, "enterprise_id"):
            changes["enterprise_id"] = self._enterprises[entry.enterprise_id]
        return replace(entry, **changes)
