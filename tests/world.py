"""A small register in which every record has an owner and carries that owner's mark (对照登记簿).

Two counties, four enterprises: two of 越城区, one of 柯桥区, one with a plant in each. Every text
that is recorded about a plant or an enterprise holds its mark, a word found nowhere else, so that
an answer shows whose records went into it, whatever form the answer has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import openpyxl
from flask import Flask

from app.accounts import services
from app.accounts.domain import COUNTY_ROLES, ENTERPRISE_ROLES, ROLE_PERMISSIONS, Role
from app.approvals import services as approvals
from app.approvals.domain import Kind
from app.followup.services import InspectionEntry, record_inspections
from app.grades.services import GradeEntry, record_grades
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.kernel import audit, files, jobs
from app.kernel.authority import EVERYTHING, Permission
from app.kernel.clock import today
from app.kernel.transaction import writing
from app.registry.change_rules import Change, ChangeKind
from app.registry.queries import plant_now, situation_of
from app.registry.services import (
    EnterpriseEntry,
    IndustryEntry,
    LineEntry,
    MeasureEntry,
    PlantEntry,
    make_change,
    record_emergency_measures,
    record_industries,
    record_lines,
    register_enterprises,
    register_plants,
)
from app.rights.domain import Level
from app.rights.services import (
    ApplicationEntry,
    ReserveEntry,
    record_applications,
    record_reserves,
)
from app.rights.services.reserves import EntryDraft, book
from app.rights.tonnage import Account, EntryKind
from app.rulebook.queries import catalogue
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    record_findings,
    record_violations,
)
from app.upgrading.services import ProjectEntry, record_projects
from tests.facts import code
from tests.pages import CheckedClient
from tests.people import KEQIAO, YUECHENG, browser_of, opened

CSV = "text/csv; charset=utf-8"
COUNTY_OF: Mapping[str, str] = {
    "A1": YUECHENG,
    "B1": YUECHENG,
    "C1": KEQIAO,
    "D1": YUECHENG,
    "D2": KEQIAO,
}
"""The plants, each named after its enterprise, and their counties."""
ENTERPRISES = ("A", "B", "C", "D")


def mark_of(key: str) -> str:
    """The word that everything recorded about this plant, enterprise or person's file holds."""
    return f"Qz{key}zQ"


@dataclass(frozen=True, slots=True)
class Principal:
    """Someone who sends requests: a role with its reach, or nobody (``role`` None)."""

    name: str
    role: Role | None = None
    county: str | None = None
    enterprises: tuple[str, ...] = ()
    also: Role | None = None
    """A second role, which reaches everywhere."""

    def holds(self, permission: Permission) -> bool:
        """Whether the table of roles gives it the permission."""
        return any(permission in ROLE_PERMISSIONS[it] for it in (self.role, self.also) if it)

    def facing(self, permission: Permission) -> Principal:
        """The same person with the one role that this permission comes from.

        What the second role reaches must not be reached by a permission of the first alone.
        """
        wide = self.also is not None and permission in ROLE_PERMISSIONS[self.also]
        return Principal(self.name, self.also) if wide else replace(self, also=None)

    def sees_work_of(self, other: Principal) -> bool:
        """Whether imports of the other are shown: one's own; heads those of their people."""
        decides = self.holds(Permission.LEDGER_IMPORT_DECISIONS)
        return self.name == other.name or (decides and self.county in (None, other.county))

    def sees_proposal_of(self, other: Principal) -> bool:
        """Whether what the other proposed is shown: one's own, and what one may decide."""
        decides = self.holds(Permission.DECISION_CONFIRM)
        return self.name == other.name or (decides and self.county in (None, other.county))

    @property
    def plants(self) -> frozenset[str]:
        """The plants within reach of whatever this role is allowed at all."""
        if self.role is None or self.role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN):
            return frozenset()
        if self.also is not None:
            return frozenset(COUNTY_OF)
        if self.role in ENTERPRISE_ROLES:
            return frozenset(plant for plant in COUNTY_OF if plant[0] in self.enterprises)
        if self.role in COUNTY_ROLES:
            return frozenset(plant for plant, it in COUNTY_OF.items() if it == self.county)
        return frozenset(COUNTY_OF)


def _principal(role: Role) -> Principal:
    enterprises: tuple[str, ...] = ()
    if role in ENTERPRISE_ROLES:
        enterprises = ("A", "D") if role is Role.AGENT else ("A",)
    return Principal(str(role), role, YUECHENG if role in COUNTY_ROLES else None, enterprises)


ANONYMOUS = Principal("anonymous")
PRINCIPALS = (
    ANONYMOUS,
    *map(_principal, Role),
    Principal("officer who audits", Role.COUNTY_OFFICER, YUECHENG, also=Role.AUDITOR),
    Principal("head who records", Role.COUNTY_HEAD, YUECHENG, also=Role.PROVINCE_RECORDER),
    Principal("county-officer elsewhere", Role.COUNTY_OFFICER, KEQIAO),
    Principal("filer elsewhere", Role.FILER, None, ("C",)),
)
"""Nobody, every role, two people with a second role that reads further than the first one acts,
and two roles once more on the other side of the border."""
CHANGE = Kind(
    "test.change",
    "测试事项",
    Permission.DECISION_CONFIRM,
    told=lambda payload: [("内容", str(payload["text"]))],
    carry_out=lambda _payload: None,
)
"""A change that the heads and the city decide; everybody has proposed one."""
STRANGER = PRINCIPALS[-2]
"""Whose records are foreign to everybody of 越城区."""


@dataclass(slots=True)
class World:
    """An installation with such a register, and the lasting ids of everything in it."""

    app: Flask
    plants: dict[str, int] = field(default_factory=dict)
    enterprises: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    downloads: dict[str, str] = field(default_factory=dict)
    imports: dict[str, int] = field(default_factory=dict)
    proposals: dict[str, int] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)
    messages: dict[str, int] = field(default_factory=dict)
    notices: dict[str, int] = field(default_factory=dict)

    def browser(self, who: Principal) -> CheckedClient:
        """A newly signed-in browser; the one this principal had before is signed out."""
        if who.role is None:
            client: CheckedClient = self.app.test_client()  # type: ignore[assignment]
            return client
        return browser_of(self.app, self.users[who.name])

    def another(self, app: Flask) -> World:
        """The same world in a copy of its installation, to go on from by itself."""
        ids = {it.name: dict(getattr(self, it.name)) for it in fields(self) if it.name != "app"}
        return World(app, **ids)

    def foreign_marks(self, who: Principal) -> list[str]:
        """The marks that no answer to this principal may hold."""
        every = {*COUNTY_OF, *(f"E{it}" for it in ENTERPRISES)}
        every.update(f"DL-{name}" for name in self.downloads)
        every.update(f"IM-{name}" for name in self.imports)
        every.update(f"PR-{name}" for name in self.proposals)
        every.update(f"MS-{name}" for name in self.messages)
        return [mark_of(key) for key in sorted(every - self._keys_within_reach(who))]

    def _keys_within_reach(self, who: Principal) -> set[str]:
        keys = {*who.plants, *(f"E{plant[0]}" for plant in who.plants), f"DL-{who.name}"}
        keys.update(f"IM-{it.name}" for it in PRINCIPALS if who.sees_work_of(it))
        keys.update(f"PR-{it.name}" for it in PRINCIPALS if who.sees_proposal_of(it))
        keys.add(f"MS-{who.name}")
        if Role.AUDITOR in (
            who.role,
            who.also,
        ):  # the log names the files that people sent and made
            keys.update(f"PR-{name}" for name in self.proposals)
            keys.update(f"DL-{name}" for name in self.downloads)
            keys.update(f"IM-{name}" for name in self.imports)
        return keys


Naming = Callable[[str], str]


def populate(app: Flask, named: Naming = mark_of) -> World:
    """Enter the register and open the accounts. ``named`` makes the text recorded for a key."""
    world = World(app)
    with app.app_context(), writing("测试"):
        _enter_register(world, named)
        _enter_facts(world, named)
        _enter_rights(world, named)
        _plan_changes(world, named)
        audit.record("test.populated", "register", "world")
    for who in PRINCIPALS:
        if who.role is not None:
            _open_account(world, who)
    with app.test_request_context(), writing("测试"):
        for owner, user_id in world.users.items():
            name = f"{named(f'DL-{owner}')}.csv"
            url = files.offer_download(BytesIO(name.encode()), name, CSV, "测试", user_id)
            world.downloads[owner] = url.rsplit("/", 1)[1]
    notify(world, named)
    for who in PRINCIPALS:
        if who.role is not None:
            world.messages[who.name] = send(world, who, named)
            world.proposals[who.name] = propose(world, who, named)
    for who in PRINCIPALS:
        if who.holds(Permission.LEDGER_IMPORT):
            world.imports[who.name] = upload(world, who, named)
    with app.app_context():
        while jobs.run_next():
            pass
    return world


def send(world: World, who: Principal, named: Naming = mark_of) -> int:
    """Send this principal a notice that asks for a receipt; returns its id."""
    text = named(f"MS-{who.name}")
    with world.app.app_context(), writing("测试"):
        audit.record("test.sent", "message", who.name)
        return inbox.send(
            MessageKind.NOTICE, text, Audience(user_id=world.users[who.name]), link="/",
            source="test", body=text, due_on=today(), asks_receipt=True,
        )  # fmt: skip


def notify(world: World, named: Naming = mark_of) -> None:
    """Send a notice to an enterprise on each side of the border."""
    for enterprise, county in (("A", YUECHENG), ("C", KEQIAO)):
        text = named(f"E{enterprise}")
        notice = inbox.Notice(text, text, asks_receipt=True, due_on=today())
        with world.app.app_context(), writing("测试"):
            world.notices[enterprise] = inbox.send_to_enterprises(
                notice, {world.enterprises[enterprise]: county}
            )


def propose(world: World, who: Principal, named: Naming = mark_of) -> int:
    """Put a change before those who decide over this principal's county; returns its id."""
    approvals.define(CHANGE)
    text, actor = named(f"PR-{who.name}"), world.users[who.name]
    with world.app.app_context(), writing("测试", actor_id=actor, actor_name="测试"):
        return approvals.propose(CHANGE.id, text, {"text": text}, county=who.county)


def upload(world: World, who: Principal, named: Naming = mark_of) -> int:
    """Send in a workbook that renames an enterprise within reach; returns the import's id."""
    enterprise = "C" if who.county == KEQIAO else "A"
    name = named(f"IM-{who.name}")
    answer = world.browser(who).post(
        "/ledger/", data={"workbook": (workbook(enterprise, name), f"{name}.xlsx")}
    )
    assert answer.status_code == 303, answer.text
    return int(answer.location.rsplit("/", 1)[1])


def workbook(enterprise: str, name: str) -> BytesIO:
    """A workbook with one row: the enterprise under another name."""
    book, content = openpyxl.Workbook(), BytesIO()
    sheet = book.worksheets[0]
    sheet.title = "企业"
    sheet.append(["统一社会信用代码", "企业名称"])
    sheet.append([code(ENTERPRISES.index(enterprise)), name])
    book.save(content)
    content.seek(0)
    return content


def _open_account(world: World, who: Principal) -> None:
    assert who.role is not None
    codes = [code(ENTERPRISES.index(it)) for it in who.enterprises]
    first = codes[0] if codes else None
    world.users[who.name] = opened(world.app, who.role, county=who.county, uscc=first)
    for uscc in codes[1:]:
        with world.app.app_context(), writing("测试"):
            services.grant_role(world.users[who.name], who.role, uscc=uscc)
    if who.also is not None:
        with world.app.app_context(), writing("测试"):
            services.grant_role(world.users[who.name], who.also)


def _enter_register(world: World, named: Naming) -> None:
    made = register_enterprises(
        [
            EnterpriseEntry(
                code(number), f"{named(f'E{it}')}示例有限公司", f"{named(f'E{it}')}旧",
                named(f"E{it}"), named(f"E{it}"), named(f"E{it}")[:20], None, named(f"E{it}"),
            )
            for number, it in enumerate(ENTERPRISES)
        ]
    )  # fmt: skip
    world.enterprises = dict(zip(ENTERPRISES, made, strict=True))
    plants = register_plants(
        [
            PlantEntry(
                world.enterprises[key[0]], f"00{key[1]}", named(key), county,
                town=named(key), address=named(key), permit_number=named(key)[:22],
                permit_until=date(2099, 1, 1), livelihood=True, state="正常",
            )
            for key, county in COUNTY_OF.items()
        ]
    )  # fmt: skip
    world.plants = dict(zip(COUNTY_OF, plants, strict=True))


def _enter_facts(world: World, named: Naming) -> None:
    industry = catalogue().match("铸造").industry
    assert industry is not None
    day, ids = date(2025, 1, 6), world.plants
    record_industries(
        [IndustryEntry(it, industry.id, "", "主要", "", Decimal(5), "吨") for it in ids.values()]
    )
    record_lines([LineEntry(it, "1", named(key), named(key)) for key, it in ids.items()])
    record_emergency_measures([MeasureEntry(it, "1", "红", named(key)) for key, it in ids.items()])
    record_grades(
        [
            GradeEntry(it, "shaoxing-2023", "A", day, None, "历史", named(key))
            for key, it in ids.items()
        ]
    )
    record_inspections(
        [InspectionEntry(it, day, "抽查", "符合", "A", named(key)) for key, it in ids.items()]
    )
    owner = {key: world.enterprises[key[0]] for key in ids}
    record_violations(
        [ViolationEntry(owner[key], it, "其他", day, day, named(key)) for key, it in ids.items()]
        + [
            ViolationEntry(it, None, "其他", day, day, named(f"E{key}"))
            for key, it in world.enterprises.items()
        ]
    )
    record_findings(
        [FindingEntry(owner[key], it, day, named(key), day, named(key)) for key, it in ids.items()]
    )


def _plan_changes(world: World, named: Naming) -> None:
    """A change of each plant that is planned for a far day."""
    for key, plant_id in world.plants.items():
        change = Change(
            ChangeKind.RENAME_PLANT, plant_id, date(2099, 1, 1), named(key), named(key),
            name=f"{named(key)}新",
        )  # fmt: skip
        around = situation_of(change, plant_now(plant_id), EVERYTHING)
        world.changes[key] = make_change(change, around)


def _enter_rights(world: World, named: Naming) -> None:
    year, ids = today().year, world.plants
    record_projects([ProjectEntry(it, named(key), "扩建") for key, it in ids.items()])
    record_applications(
        [
            ApplicationEntry(it, named(key), "SO2", year, Decimal(2), date(year, 1, 2))
            for key, it in ids.items()
        ]
    )
    record_reserves(
        [ReserveEntry(level, "SO2", year, Decimal(5)) for level in ("city", "province")]
        + [ReserveEntry("province", "PM", year - 1, Decimal(5))]
    )
    account = Account(Level.CITY, "SO2", year)
    book(EntryDraft(account, EntryKind.IN, Decimal(1), date(year, 1, 1), named("reserve")[:100]))
