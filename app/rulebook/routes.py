"""规则库: read-only pages of clauses, industries, schemes and parameters.

Every list keeps its search, filters, order and day in the address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from flask import Blueprint, abort, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug import Response

from app.accounts.queries import list_bureaus
from app.kernel import clock, htmx
from app.kernel.asked import Asked, asked_in
from app.kernel.authority import Permission
from app.kernel.config import Config
from app.kernel.entrance import is_answered
from app.kernel.look import url_with
from app.kernel.permissions import can, requires
from app.kernel.web import page
from app.rulebook import queries
from app.rulebook.changes import why_fixed
from app.rulebook.domain import Clause, Industry, Rulebook, Scheme, SchemeUse, UnknownEntry
from app.rulebook.editing import beside
from app.rulebook.edits import ACT_WORDS, Act
from app.rulebook.listing import (
    Filters,
    Keys,
    asked,
    listing,
    mentions,
    typed,
)
from app.rulebook.parameters import Parameter

blueprint = Blueprint("rulebook", __name__, url_prefix="/rulebook", template_folder="templates")

SECTIONS = (
    ("概览", "rulebook.overview"),
    ("条款", "rulebook.clause_list"),
    ("行业目录", "rulebook.industry_list"),
    ("指标表", "indicators.tables"),
    ("等级方案与排序", "rulebook.grade_schemes"),
    ("参数与设置", "rulebook.parameter_list"),
    ("工作日历", "portal.calendar"),
)
UNKNOWN_SCHEME = "unknown"
ACTS_OF_INDUSTRY: tuple[Act, ...] = ("rename", "scheme", "subtype", "alias", "code", "retire")


@blueprint.record_once
def _read_settings(state: BlueprintSetupState) -> None:
    config: Config = state.app.config["CONFIG"]
    queries.use_settings(state.app, config.instance_dir / "settings.toml")


@dataclass(frozen=True)
class ClauseLink:
    """A clause as the verdict component shows it; the address of its page if they may open it."""

    id: str
    citation: str
    summary: str
    url: str


@blueprint.app_template_global("clause_of")
def clause_of(clause_id: str) -> ClauseLink | str:
    """The clause behind an id that a reason cites; the bare id where 规则库 does not hold it."""
    try:
        clause = queries.clause(clause_id)
    except UnknownEntry:
        return clause_id
    may_open = can(Permission.RULEBOOK_VIEW)
    url = url_for("rulebook.clause_page", clause_id=clause.id) if may_open else ""
    return ClauseLink(clause.id, clause.citation, clause.summary, url)


@dataclass(frozen=True)
class IndustryRow:
    """One line of 行业目录: an industry, or a sub-type of it, under one rulebook."""

    industry: Industry
    label: str
    is_subtype: bool
    aliases: tuple[str, ...]
    use: SchemeUse
    scheme: Scheme | None
    source: str


@blueprint.get("/")
@requires(Permission.RULEBOOK_VIEW)
def overview() -> str:
    """Both rulebooks with their status, and which is in force today."""
    on = clock.today()
    return _page(
        "overview",
        books=queries.all_rulebooks(),
        in_force=queries.rulebook_on(on),
        switches=queries.parameter_history("rulebook_in_force"),
        own=[entry for entry in queries.parameters(on) if entry.status == "本局设定"],
        counts={
            "条款": len(queries.clauses()),
            "行业": len(queries.catalogue().on(on).industries),
            "参数": len(queries.parameters(on)),
        },
    )


@blueprint.get("/clauses")
@requires(Permission.RULEBOOK_VIEW)
def clause_list() -> str:
    """条款: every clause with its citation and summary."""
    books = queries.rulebook_titles()
    books["none"] = "建设要求"
    order = {clause.id: place for place, clause in enumerate(queries.clauses())}
    keys: Keys[Clause] = {
        "citation": lambda clause: order[clause.id],
        "id": lambda clause: clause.id,
        "title": lambda clause: clause.title,
        "rulebook": lambda clause: clause.rulebook or "~",
    }
    labels = {"id": "编号", "title": "名称", "rulebook": "规则集", "citation": "出处"}
    wanted = asked("rulebook", books)
    rows = [
        clause
        for clause in queries.clauses()
        if mentions(clause.id, clause.title, clause.citation, clause.summary)
        and wanted in ("", clause.rulebook or "none")
    ]
    shown = listing(rows, len(order), keys, labels, {"rulebook": ("规则集", books)})
    return _page("clauses", listing=shown, books=books, q=typed("q"), rulebook=wanted)


@blueprint.get("/clauses/<clause_id>")
@requires(Permission.RULEBOOK_VIEW)
def clause_page(clause_id: str) -> str:
    """One clause: what reasons and lists link to."""
    clause = _found(queries.clause, clause_id)
    on = clock.today()
    books = {info.id: info for info in queries.all_rulebooks()}
    return _page(
        "clause",
        clause=clause,
        book=books.get(clause.rulebook or ""),
        parameters=[entry for entry in queries.parameters(on) if entry.clause == clause.id],
    )


@blueprint.get("/industries")
@requires(Permission.RULEBOOK_VIEW)
def industry_list() -> str | Response:
    """行业目录 as it stood on a day, with the schemes of one rulebook."""
    day = asked_in(request.args)
    on = day.on
    books = queries.rulebook_titles()
    book = queries.rulebook(asked("rulebook", books) or queries.rulebook_on(on).id, on)
    schemes = {scheme.id: scheme.title for scheme in book.schemes.values()}
    schemes[UNKNOWN_SCHEME] = "未知"
    kinds = {"national": "国家重点行业", "local": "地方特色行业"}
    confidences = {"已核实": "已核实", "未核实": "未核实"}
    scheme, kind = asked("scheme", schemes), asked("kind", kinds)
    confidence = asked("confidence", confidences)
    lines = _industry_rows(book)
    rows = [
        row
        for row in lines
        if mentions(
            row.label,
            str(row.industry.number or ""),
            *row.aliases,
            *(code.code for code in row.industry.codes),
        )
        and scheme in ("", row.use.scheme_id or UNKNOWN_SCHEME)
        and kind in ("", "local" if row.industry.local else "national")
        and confidence in ("", row.use.confidence)
    ]
    keys: Keys[IndustryRow] = {
        "number": lambda row: (row.industry.number or 10_000, row.industry.id),
        "label": lambda row: row.label,
        "scheme": lambda row: (row.scheme is None, row.scheme.id if row.scheme else ""),
        "confidence": lambda row: row.use.confidence,
    }
    labels = {"number": "序号", "label": "行业", "scheme": "等级方案", "confidence": "核实情况"}
    filters: Filters = {
        "rulebook": ("规则集", books),
        "scheme": ("等级方案", schemes),
        "kind": ("类别", kinds),
        "confidence": ("核实情况", confidences),
    }
    return _page_of_day(
        "industries",
        day,
        listing=listing(rows, len(lines), keys, labels, filters),
        book=book.info,
        q=typed("q"),
        filters=filters,
        may_edit=can(Permission.RULEBOOK_EDIT),
        chosen={"rulebook": book.id, "scheme": scheme, "kind": kind, "confidence": confidence},
    )


@blueprint.get("/industries/<industry_id>")
@requires(Permission.RULEBOOK_VIEW)
def industry_page(industry_id: str) -> str:
    """One industry: names, codes, sub-types, and its scheme under each rulebook."""
    on = clock.today()
    industry = _found(queries.catalogue().by_id, industry_id)
    books = [queries.rulebook(info.id, on) for info in queries.all_rulebooks()]
    parts: list[str | None] = [None, *(part.name for part in industry.subtypes)]
    return _page(
        "industry",
        industry=industry,
        name=industry.name_on(on),
        rows=[(book.info, _industry_row(book, industry, part)) for part in parts for book in books],
        acts=[(act, ACT_WORDS[act]) for act in ACTS_OF_INDUSTRY],
        **beside(industry_id, ("add", *ACTS_OF_INDUSTRY)),
    )


@blueprint.get("/grades")
@requires(Permission.RULEBOOK_VIEW)
def grade_schemes() -> str | Response:
    """等级方案 of both rulebooks and the configured order across them."""
    day = asked_in(request.args)
    on = day.on
    books = queries.rulebook_titles()
    order = queries.parameter("grade.order", on)
    ranks = queries.rulebook_on(on).grade_order.ranks
    wanted = asked("rulebook", books)
    rows = [
        scheme
        for scheme in queries.schemes()
        if wanted in ("", scheme.rulebook) and mentions(scheme.title, scheme.id, *scheme.grades)
    ]
    keys: Keys[Scheme] = {
        "rulebook": lambda scheme: scheme.rulebook,
        "title": lambda scheme: scheme.title,
        "lowest": lambda scheme: ranks[scheme.lowest],
    }
    labels = {"title": "等级方案", "rulebook": "规则集", "lowest": "最低等级"}
    shown = listing(rows, len(queries.schemes()), keys, labels, {"rulebook": ("规则集", books)})
    tiers = [[grade for grade, rank in ranks.items() if rank == tier] for tier in _tiers(ranks)]
    context = {"listing": shown, "books": books, "order": order, "tiers": tiers}
    return _page_of_day("grades", day, q=typed("q"), rulebook=wanted, **context)


@blueprint.get("/parameters")
@requires(Permission.RULEBOOK_VIEW)
def parameter_list() -> str | Response:
    """参数与设置: every value of the day, since when, by which clause."""
    day = asked_in(request.args)
    on = day.on
    entries = queries.parameters(on)
    place = {entry.id: number for number, entry in enumerate(entries)}
    groups = {entry.group: entry.group for entry in entries}
    statuses = {"法定": "法定", "本局设定": "本局设定", "未规定": "未规定"}
    group, status = asked("group", groups), asked("status", statuses)
    rows = [
        entry
        for entry in entries
        if mentions(entry.id, entry.title, entry.clause, entry.source, entry.shown)
        and group in ("", entry.group)
        and status in ("", entry.status)
    ]
    keys: Keys[Parameter] = {
        "group": lambda entry: place[entry.id],
        "title": lambda entry: entry.title,
        "status": lambda entry: entry.status,
        "from": lambda entry: entry.from_on or date.min,
        "clause": lambda entry: entry.clause,
    }
    labels = {
        "title": "参数",
        "group": "类别",
        "status": "性质",
        "from": "起始日",
        "clause": "条款",
    }
    filters: Filters = {"group": ("类别", groups), "status": ("性质", statuses)}
    return _page_of_day(
        "parameters",
        day,
        listing=listing(rows, len(entries), keys, labels, filters),
        q=typed("q"),
        filters=filters,
        chosen={"group": group, "status": status},
    )


@blueprint.get("/parameters/<parameter_id>")
@requires(Permission.RULEBOOK_VIEW)
def parameter_page(parameter_id: str) -> str:
    """One parameter with every value it has had and will have."""
    on = clock.today()
    history = _found(queries.parameter_history, parameter_id)
    return _page(
        "parameter",
        parameter=queries.parameter(parameter_id, on),
        history=tuple(reversed(history)),
        fixed=why_fixed(queries.parameter(parameter_id, on)),
        counties={bureau.code: bureau.short_name for bureau in list_bureaus("county")},
        **beside(parameter_id, ("set",)),
    )


def _page_of_day(template: str, day: Asked, **context: Any) -> str | Response:
    """A list of a day; the whole page again where its frame shows another day than asked for."""
    if htmx.is_fragment_request() and not day.is_of_the_page_around():
        return htmx.htmx_redirect(url_with())
    return _page(template, **context, **day.shown())


def _page(template: str, **context: Any) -> str:
    sections = sections_of(request.endpoint or "")
    blocks = ("rows",) if "listing" in context else ()
    return page(f"rulebook/{template}.html", blocks=blocks, sections=sections, **context)


def sections_of(current: str) -> list[tuple[str, str, bool]]:
    """The sections of 规则库 for ``ui.tabs``, with that of the endpoint marked."""
    return [
        (label, url_for(endpoint), current == endpoint or current == _LEAVES.get(endpoint))
        for label, endpoint in SECTIONS
        if is_answered(endpoint)
    ]


_LEAVES = {
    "rulebook.clause_list": "rulebook.clause_page",
    "rulebook.industry_list": "rulebook.industry_page",
    "rulebook.parameter_list": "rulebook.parameter_page",
}


def _industry_rows(book: Rulebook) -> list[IndustryRow]:
    return [
        _industry_row(book, industry, part)
        for industry in book.catalogue.industries
        for part in (None, *(subtype.name for subtype in industry.subtypes))
    ]


def _industry_row(book: Rulebook, industry: Industry, part: str | None) -> IndustryRow:
    subtype, name = industry.subtype(part), industry.name_on(book.on)
    return IndustryRow(
        industry,
        f"{name}/{part}" if part else name,
        subtype is not None,
        subtype.aliases if subtype else industry.aliases,
        book.scheme_of(industry, part),
        book.scheme(industry, part),
        subtype.source if subtype else industry.source,
    )


def _tiers(ranks: Mapping[str, int]) -> list[int]:
    return sorted(set(ranks.values()))


_Found = TypeVar("_Found")


def _found(read: Callable[[str], _Found], key: str) -> _Found:
    try:
        return read(key)
    except UnknownEntry:
        abort(404)
