"""Lists of violations, findings and grades with search, filters, export; and the page of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import abort, make_response, request, url_for
from werkzeug import Response

from app.accounts.queries import county_names
from app.accounts.sessions import signed_in_person
from app.desk.acts import ACTS
from app.desk.acts.base import change_word
from app.desk.proposals import waiting_for
from app.desk.queries.facts import (
    FINDING,
    GRADE,
    VIOLATION,
    Fact,
    Subject,
    subject_of_fact,
    versions_of,
)
from app.desk.queries.lists import (
    SORTS,
    STATES,
    FactFilter,
    FactLine,
    all_facts,
    list_facts,
    years_of,
)
from app.desk.routes.blueprint import blueprint
from app.desk.routes.places import KINDS, LISTS, TITLES, fact_url, list_url, plant_url, proposal_url
from app.kernel import audit, clock, files, htmx
from app.kernel.authority import Permission
from app.kernel.look import url_with
from app.kernel.permissions import can, requires, scope_for
from app.kernel.spreadsheets import Column, SheetLayout, write_xlsx
from app.kernel.web import page
from app.policy.exports import MEDIA_TYPES
from app.rulebook.queries import rulebook_on, rulebook_titles
from app.supervision.domain import ViolationKind, ban_last_day
from app.supervision.rules import reaches_all

_LISTED = "<any(violations, findings, grades):listed>"


@dataclass(frozen=True, slots=True)
class Words:
    """What the columns of a kind are called."""

    day: str
    what: str
    end: str
    ended: str
    """What a record is after that day."""

    @property
    def states(self) -> dict[str, str]:
        """State → what it is called."""
        return dict(zip(STATES, ("在册", self.ended, "已更正或作废"), strict=True))


WORDS: Mapping[str, Words] = {
    VIOLATION: Words("决定日期", "类型", "撤销日期", "已撤销"),
    FINDING: Words("认定日期", "说明", "撤销日期", "已撤销"),
    GRADE: Words("生效日期", "等级", "失效日期", "已失效"),
}


Options = Mapping[str, Mapping[str, str]]
"""Filter → what can be chosen → its words."""


# --- The list ----------------------------------------------------------------------------------


@blueprint.get(f"/{_LISTED}")
@requires(Permission.REGISTER_VIEW)
def fact_list(listed: str) -> str | Response:
    """The facts as searched, narrowed and sorted, page by page."""
    kind = KINDS[listed]
    options, names = _options(kind), county_names()
    wanted = _read_filter(options)
    found = list_facts(kind, wanted, scope_for(Permission.REGISTER_VIEW), clock.today())
    words = WORDS[kind]
    heads = {"day": words.day, "name": "企业和厂区", "what": words.what, "document": "文号",
             "end": words.end, "recorded": "登记"}  # fmt: skip
    html = page(
        "desk/facts.html",
        blocks=("rows",),
        kind=kind,
        listed=listed,
        title=TITLES[kind],
        tabs=[(TITLES[it], url_for("desk.fact_list", listed=name), it == kind)
              for it, name in LISTS.items()],
        wanted=wanted,
        options=options,
        words=words,
        found=found,
        rows=[_shown(kind, it, names) for it in found.rows],
        heads={key: _head(key, label, wanted) for key, label in heads.items()},
        chips=_chips(kind, wanted, options),
        clear_url=list_url(kind),
        previous_url=url_with(page=found.page - 1) if found.page > 1 else None,
        next_url=url_with(page=found.page + 1) if found.page < found.pages else None,
        is_officer=_is_officer(),
        may_export=can(Permission.REGISTER_EXPORT),
    )  # fmt: skip
    return make_response(html)


@blueprint.post(f"/{_LISTED}/export")
@requires(Permission.REGISTER_EXPORT)
def export_facts(listed: str) -> Response:
    """The whole list as filtered, as a workbook."""
    kind = KINDS[listed]
    options = _options(kind)
    wanted = _read_filter(options)
    rows = all_facts(kind, wanted, scope_for(Permission.REGISTER_EXPORT), clock.today())
    said = [f"{label}：{value}" for label, value, _ in _chips(kind, wanted, options)]
    title, today, words = TITLES[kind], clock.today(), WORDS[kind]
    columns = (
        Column("企业名称", 30), Column("统一社会信用代码", 21, "code"),
        Column("厂区编号", 9, "code"),
        Column("厂区名称", 14), Column("区县", 9), Column(words.what, 24),
        Column(words.day, 12, "date"), Column("文号", 26), Column(words.end, 12, "date"),
        Column("其他", 30), Column("登记时间", 17), Column("登记人", 12), Column("状态", 12),
    )  # fmt: skip
    names = county_names()
    cells = [
        (it.enterprise_name, it.uscc, it.number, it.plant_name or "企业全部厂区",
         names.get(it.county, it.county), it.what, it.day, it.document, it.end,
         "；".join(_extra(kind, it)), clock.shown(it.recorded_at), it.recorded_by,
         _state(kind, it)[1])
        for it in rows
    ]  # fmt: skip
    left_out = "" if wanted.state == "annulled" else "已更正或作废的记录不在其中。"
    note = f"导出日期 {today}，共 {len(rows)} 条。条件：{'；'.join(said) or '无'}。{left_out}"
    content = BytesIO()
    write_xlsx(content, [SheetLayout(title, columns, cells, titles=(title,), notes=(note,))])
    content.seek(0)
    audit.record("facts.exported", kind, today, {"条件": said, "条数": len(rows)})
    owner = signed_in_person().user_id
    name = f"{title} {today}.xlsx"
    return htmx.htmx_redirect(
        files.offer_download(content, name, MEDIA_TYPES["xlsx"], title, owner)
    )


def _read_filter(options: Options) -> FactFilter:
    args = request.args

    def offered(name: str) -> str:
        return args.get(name, "") if args.get(name) in options[name] else ""

    number = args.get("page", "")
    return FactFilter(
        search=args.get("q", "").strip()[:100],
        what=offered("what"),
        county=offered("county"),
        state=offered("state"),
        year=offered("year"),
        sort=args.get("sort", "") if args.get("sort") in SORTS else "day",
        falling=args.get("order") != "asc",
        page=int(number) if number.isascii() and number.isdecimal() and 0 < len(number) < 7 else 1,
    )


def _options(kind: str) -> Options:
    what: dict[str, str] = {}
    if kind == VIOLATION:
        what = {str(it): str(it) for it in ViolationKind}
    elif kind == GRADE:
        what = {it: it for it in rulebook_on(clock.today()).grade_order.ranks}
    scope = scope_for(Permission.REGISTER_VIEW)
    return {
        "what": what,
        "county": {
            code: name for code, name in county_names().items() if scope.covers(county=code)
        },
        "state": WORDS[kind].states,
        "year": {str(it): f"{it} 年" for it in years_of(kind)},
    }


def _chips(kind: str, wanted: FactFilter, options: Options) -> list[tuple[str, str, str]]:
    labels = {"what": WORDS[kind].what, "county": "区县", "state": "状态", "year": "年份"}
    found = [("搜索", wanted.search, url_with(q=None, page=None))] if wanted.search else []
    for name, label in labels.items():
        if chosen := getattr(wanted, name):
            found.append((label, options[name][chosen], url_with(**{name: None, "page": None})))
    return found


def _head(key: str, label: str, wanted: FactFilter) -> tuple[str, str, str]:
    here = key == wanted.sort
    state = ("descending" if wanted.falling else "ascending") if here else ""
    rising = wanted.falling if here else key not in ("day", "recorded")
    return label, url_with(sort=key, order="asc" if rising else None, page=None), state


def _shown(kind: str, it: FactLine, counties: Mapping[str, str]) -> dict[str, Any]:
    return {
        "it": it,
        "url": fact_url(kind, it.id),
        "plant_url": plant_url(it.plant_id) if it.plant_id else None,
        "county": counties.get(it.county, ""),
        "extra": _extra(kind, it),
        "state": _state(kind, it),
    }


def _extra(kind: str, it: FactLine) -> list[str]:
    if kind == VIOLATION:
        acted = [f"行为日期 {it.extra['acted_on']}"] if it.extra["acted_on"] else []
        return [*acted, *(["已认定限制申报"] if it.extra["barring_reason"] else [])]
    if kind == FINDING:
        return [f"禁止申报至 {ban_last_day(it.day)}"]
    return [f"{rulebook_titles().get(it.extra['rulebook'], '')}，{it.extra['source']}"]


def _state(kind: str, it: FactLine) -> tuple[str, str]:
    states = WORDS[kind].states
    if it.annulled_at is not None:
        return "neutral", states["annulled"]
    if it.end is not None and it.end <= clock.today():
        return "neutral", states["ended"]
    return "done", states["standing"]


def _is_officer() -> bool:
    scope = scope_for(Permission.REGISTER_VIEW)
    return scope.is_everything or bool(scope.counties)


# --- One fact ----------------------------------------------------------------------------------


@blueprint.get(f"/{_LISTED}/<int:fact_id>")
@requires(Permission.REGISTER_VIEW)
def fact(listed: str, fact_id: int) -> str:
    """One fact: what it says, what became of it, what this person can do with it."""
    kind = KINDS[listed]
    scope = scope_for(Permission.REGISTER_VIEW)
    subject = subject_of_fact(kind, fact_id, scope)
    if subject is None:
        abort(404)
    found, versions = subject.standing_fact, versions_of(subject.standing_fact)
    current, waiting = versions[0], waiting_for(kind, fact_id)
    return page(
        "desk/fact.html",
        title=TITLES[kind],
        subject=subject,
        found=found,
        whose=f"{subject.plant.enterprise_name}（全部厂区）" if found.is_whole
        else subject.plant.full_name,
        plant_url=plant_url(subject.plant.plant_id),
        rows=[(label, words) for label, words in _rows(found) if words],
        timeline=[_entry(it, versions) for it in versions],
        current_url=fact_url(kind, current.id) if current.id != found.id else "",
        actions=[] if waiting else _actions(subject),
        is_for_the_city=found.is_whole and not _may_reach(subject, Permission.FACT_RECORD),
        waiting=[(ACTS[it.kind].title, it, proposal_url(it.id)) for it in waiting]
        if _is_officer() else [],
        is_officer=_is_officer(),
        breadcrumbs=[(TITLES[kind], list_url(kind))],
    )  # fmt: skip


def _may_reach(subject: Subject, permission: Permission) -> bool:
    scope = scope_for(permission)
    if subject.standing_fact.is_whole:
        return bool(subject.counties) and reaches_all(scope, subject.counties)
    return scope.covers(county=subject.plant.county)


def _actions(subject: Subject) -> list[tuple[str, str]]:
    """What this person can do with the fact: words and address."""
    found = subject.standing_fact
    if found.is_annulled:
        return []
    is_over = bool(found.values.get("withdrawn_on"))
    marked = bool(found.values.get("barring_reason"))
    is_other = found.values.get("kind") == ViolationKind.OTHER
    hidden = {
        "record",
        *(["withdraw"] if is_over else []),
        *(["mark"] if marked or not is_other or is_over else []),
        *([] if marked else ["unmark"]),
    }
    view = {VIOLATION: "desk.change_violation"}.get(found.kind, "desk.change_decision")
    actions = []
    for act in ACTS.values():
        if act.kind != found.kind or act.verb in hidden or not _may_reach(subject, act.permission):
            continue
        where: dict[str, Any] = {"fact_id": found.id, "verb": act.verb}
        if act.permission is Permission.BARRING_MARK:
            actions.append((act.title, url_for("desk.mark_violation", **where)))
        elif view == "desk.change_decision":
            actions.append((act.title, url_for(view, listed=LISTS[found.kind], **where)))
        else:
            actions.append((act.title, url_for(view, **where)))
    return actions


def _rows(it: Fact) -> list[tuple[str, str]]:
    """What the fact says, label and words."""
    values = {name: str(value) for name, value in it.values.items() if value not in (None, "")}
    said = values.get
    withdrawal = [
        ("撤销日期", said("withdrawn_on", "")),
        ("撤销依据文号", said("withdrawal_document", "")),
        ("撤销理由", said("withdrawal_reason", "")),
    ]
    if it.kind == VIOLATION:
        return [
            ("类型", said("kind", "")),
            ("行为日期", said("acted_on", "未登记")),
            ("决定日期", said("decided_on", "")),
            ("决定文号", said("document", "")),
            ("同样限制申报的认定（本局设定）", said("barring_reason", "")),
            *withdrawal,
        ]
    if it.kind == FINDING:
        return [
            ("认定日期", said("found_on", "")),
            ("认定文号", said("document", "")),
            ("禁止申报至", f"{ban_last_day(it.values['found_on'])}（含）"),
            ("说明", said("note", "")),
            *withdrawal,
        ]
    return [
        ("规则集", rulebook_titles().get(it.values["rulebook"], it.values["rulebook"])),
        ("等级", said("grade", "")),
        ("生效日期", said("effective_on", "")),
        ("失效日期", said("expires_on", "未写明")),
        ("来源", said("source", "")),
        ("文号", said("document", "")),
        ("撤销依据文号", said("ending_document", "")),
        ("撤销理由", said("ending_reason", "")),
    ]


def _entry(it: Fact, versions: list[Fact]) -> dict[str, Any]:
    """A version as the timeline shows it."""
    named = _is_officer()
    successor = next((other for other in versions if other.replaces_id == it.id), None)
    ended = ""
    if it.annulled_at is not None:
        who = f" {it.annulled_by}" if named else ""
        why = f"，理由：{it.annulled_reason}" if it.annulled_reason and named else ""
        ended = f"{clock.shown(it.annulled_at)}{who} {change_word(it, successor)}{why}。"
    who = f" {it.recorded_by}" if named else ""
    return {
        "id": f"version-{it.id}",
        "day": it.recorded_at.astimezone(clock.SHANGHAI).date(),
        "title": "现在的记录" if it.annulled_at is None else "原记录",
        "text": "；".join(f"{label} {words}" for label, words in _rows(it) if words),
        "recorded": f"{clock.shown(it.recorded_at)}{who}",
        "ended": ended,
        "url": fact_url(it.kind, it.id),
    }
