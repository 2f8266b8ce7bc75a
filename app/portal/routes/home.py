"""首页: what each person needs first, put together from what they may see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for

from app.accounts.domain import Role
from app.accounts.queries import grants_of
from app.accounts.sessions import signed_in_person
from app.approvals.queries import count_part
from app.approvals.routes import reader
from app.grades.queries import standings_on
from app.grades.waiting import StandingsWait
from app.inbox.domain import due_words
from app.inbox.queries import MessageFilter, MessageView, Recipient, list_messages
from app.kernel import clock
from app.kernel.authority import Permission, Scope
from app.kernel.permissions import can, scope_for, signed_in
from app.kernel.web import page
from app.ledger.queries import ImportFilter, ImportView, list_imports
from app.portal.domain import PERMITS, STANDINGS, UNGRADED, Statement, marks, statements
from app.portal.forms import register_url
from app.portal.plots import Bars, bars
from app.portal.queries.conditions import RegisterFilter
from app.portal.queries.register import count_by_grade, count_conditions, list_register
from app.portal.queries.system import get_system_state
from app.portal.routes.blueprint import blueprint
from app.portal.routes.waiting import told
from app.registry.queries import list_plants
from app.rulebook.queries import rulebook_on

_SHORT_LIST = 8
_FEW_IMPORTS = 5
_TO_WATCH = (
    ("standing", "blocked", "late", "PLAN-BLOCK", "当年不得申报 B 级（含引领性）及以上"),
    ("standing", "banned", "late", "PLAN-FALSE", "不得申报任何等级"),
    ("standing", "ban-ending", "soon", "PLAN-FALSE", "期满后可以再次申报"),
    ("standing", "lowered", "late", "PLAN-FALSE", "等级为最低等级"),
    ("standing", "unverified", "soon", "PLAN-GRADES", "所属行业的等级方案未核实"),
    ("permit", "soon", "soon", "", "应督促企业办理延续"),
    ("permit", "expired", "late", "", "应核实是否仍在排污"),
)
"""What the home page counts: filter, its choice, how urgent, clause, what it means."""


@blueprint.get("/")
@signed_in
def home() -> str:
    """The parts of the home page that belong to the person's permissions, one below the other."""
    person = signed_in_person()
    scope = scope_for(Permission.REGISTER_VIEW)
    is_officer = scope.is_everything or bool(scope.counties)
    overview, waiting = None, ""
    if is_officer:
        try:
            overview = _overview(scope)
        except StandingsWait as waits:
            waiting = told(waits.rebuild)
    return page(
        "portal/home.html",
        name=person.display_name,
        has_grants=bool(person.grants),
        agent_until=None if person.grants else _agent_until(person.user_id),
        todo=_todo(),
        overview=overview,
        waiting=waiting,
        own_plants=_own_plants(scope) if scope.enterprises and not is_officer else None,
        is_enterprise=bool(person.usccs),
        system=get_system_state() if can(Permission.SYSTEM_VIEW) else None,
        imports=_latest_imports() if can(Permission.LEDGER_IMPORT) else None,
        links=list(_links()),
    )


def _agent_until(user_id: int) -> date | None:
    """The last day of an authorisation (授权书) that is over; None: it was no agent's account."""
    held = (it.until_on for it in grants_of(user_id) if it.role is Role.AGENT)
    return max((it for it in held if it is not None and it < clock.today()), default=None)


@dataclass(frozen=True, slots=True)
class Todo:
    """The beginning of the person's tasks; ``waiting`` is the length of the list behind it."""

    rows: Sequence[tuple[MessageView, tuple[str, str] | None]]
    waiting: int
    proposals: int
    """How many of the changes that others proposed wait for this person."""


def _todo() -> Todo:
    today, person = clock.today(), signed_in_person()
    wanted = MessageFilter(today, sort="due", falling=False)
    found = list_messages(Recipient.of(person), wanted)
    rows = [(it, due_words(it.due_on, today)) for it in found.rows[:_SHORT_LIST]]
    return Todo(rows, found.matching, count_part(reader(), "todo"))


@dataclass(frozen=True, slots=True)
class Overview:
    """The register at a glance, today; each number is the length of the list it links to."""

    plants: int
    grades: Sequence[tuple[str | None, int, str, str]]
    plot: Bars
    watched: Sequence[tuple[str, str, int, str, str, str]]
    ending: Sequence[tuple[Any, ...]]
    expiring: Sequence[tuple[Any, ...]]


def _overview(scope: Scope) -> Overview:
    today = clock.today()
    anything = RegisterFilter(today)
    counted = dict(count_by_grade(today, scope))
    grades = [*rulebook_on(today).grade_order.ranks, None]
    plants = sum(counted.values())
    numbers = count_conditions(today, scope)
    words = {**STANDINGS, **{key: f"排污许可证{word}" for key, word in PERMITS.items()}}
    return Overview(
        plants=plants,
        grades=[
            (
                grade,
                counted.get(grade, 0),
                _share(counted.get(grade, 0), plants),
                register_url(anything, grade=grade or UNGRADED),
            )
            for grade in grades
        ],
        plot=bars([(grade or "未定级", counted.get(grade, 0)) for grade in grades]),
        watched=[
            (kind, words[choice], numbers[choice], register_url(anything, **{field: choice}),
             clause, meaning)
            for field, choice, kind, clause, meaning in _TO_WATCH
        ],
        ending=_first_rows(RegisterFilter(today, standing="ban-ending"), scope, numbers),
        expiring=_first_rows(RegisterFilter(today, permit="soon", sort="permit"), scope, numbers),
    )  # fmt: skip


def _first_rows(
    wanted: RegisterFilter, scope: Scope, numbers: dict[str, int]
) -> list[tuple[Any, ...]]:
    """The beginning of a list: address, plant, last day of the ban, last day of the permit."""
    if not numbers[wanted.standing or wanted.permit]:
        return []
    rows = list_register(wanted, scope).rows[:_SHORT_LIST]
    return [
        (
            url_for("portal.plant", plant_id=row[0]),
            f"{row[1]}（{row[2]} {row[3]}）",
            row[13],
            row[15],
        )
        for row in rows
    ]


def _share(number: int, of: int) -> str:
    return f"{number / of:.1%}" if of else "—"


def _own_plants(scope: Scope) -> list[tuple[Any, ...]]:
    """An enterprise's plants: address, plant, standing, tags, what holds it back and until when."""
    today = clock.today()
    plants = list_plants(scope)
    standings = standings_on([plant.plant_id for plant in plants], today)
    found = []
    for plant in plants:
        standing = standings[plant.plant_id]
        holding: list[Statement] = [
            it for it in statements(standing, (), today) if it.admitted is False
        ]
        tags = marks(standing.basis, standing.banned_until, blocked=standing.blocked)
        address = url_for("portal.plant", plant_id=plant.plant_id)
        found.append((address, plant, standing, tags, holding))
    return found


def _latest_imports() -> list[tuple[str, ImportView]]:
    """The latest imports that the person may see, each with the address of its page."""
    found = list_imports(signed_in_person(), ImportFilter()).rows[:_FEW_IMPORTS]
    return [(url_for("ledger.import_page", import_id=it.id), it) for it in found]


def _links() -> Iterator[tuple[str, str, str]]:
    """Where the administrators begin: words, address, what for."""
    for endpoint, permission, words, purpose in (
        (
            "accounts.account_list",
            Permission.ACCOUNT_MANAGE,
            "账号管理",
            "开立账号、授予和结束角色。",
        ),
        (
            "accounts.audit_log",
            Permission.AUDIT_VIEW,
            "审计日志",
            "查看谁在何时做了什么，核对审计链。",
        ),
    ):
        if can(permission):
            yield words, url_for(endpoint), purpose
