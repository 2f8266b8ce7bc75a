"""指标表: the list of all tables, and new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import flash, request, url_for
from werkzeug import Response

from app.accounts.sessions import signed_in_person
from app.approvals.domain import Refused
from app.indicators import services, shipped
from app.indicators.beginning import blank_supplement, blank_table
from app.indicators.criteria import IndicatorTable
from app.indicators.proposals import open_rulings
from app.indicators.queries import (
    Family,
    VersionHead,
    list_families,
    newest_heads,
    newest_version,
    numbers_of,
    rulings_of,
)
from app.indicators.queries import ruling_on as ruling_of_day
from app.indicators.routes.blueprint import blueprint, framed
from app.indicators.telling import (
    KIND_WORDS,
    STATE_TAGS,
    STATE_WORDS,
    State,
    industry_label,
    kind_label,
    rulebook_label,
    state_of,
)
from app.kernel import clock, files, htmx
from app.kernel.authority import Permission
from app.kernel.listing import page_number, ways
from app.kernel.permissions import can, requires
from app.kernel.spreadsheets.layout import Column, SheetLayout
from app.kernel.spreadsheets.writer import write_xlsx
from app.rulebook.listing import Filters, Keys, Listing, asked, listing, mentions, typed
from app.rulebook.queries import catalogue, rulebook_titles

PAGE_SIZE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LABELS = {
    "industry": "行业", "title": "指标表", "rulebook": "规则集", "kind": "类别", "state": "状态",
    "from": "施行日期", "rows": "行数", "unverified": "未核实", "kept": "最近保存",
}  # fmt: skip
_COLUMNS = (
    Column("行业", 24), Column("指标表", 44), Column("规则集", 16), Column("类别", 20),
    Column("状态", 10), Column("施行日期", 12, "date"), Column("施行版本", 10, "number"),
    Column("最新版本", 10, "number"), Column("行数", 8, "number"), Column("未核实", 8, "number"),
    Column("示例", 8), Column("最近保存", 18), Column("校验值", 68, "code"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One table in the list."""

    family: Family
    head: VersionHead
    industry: str
    rulebook: str
    kind: str
    state: State
    from_on: Any
    """The day of the ruling that holds, or that comes next."""
    version: int | None
    """The number of the version that rules today."""

    @property
    def state_word(self) -> str:
        """The state in a word."""
        return STATE_WORDS[self.state]

    @property
    def tag(self) -> str:
        """The kind of its tag."""
        return STATE_TAGS[self.state]


def may_see_drafts() -> bool:
    """Whether the person sees what does not rule: bureaus do, enterprises do not."""
    return can(Permission.POLICY_VIEW)


def lines() -> list[Line]:
    """Every table that the person may see."""
    today, rulings, heads = clock.today(), rulings_of(), newest_heads()
    pending = [it.payload["family"] for it in open_rulings()]
    numbers = numbers_of(it.version_id for it in rulings)
    found = []
    for family in list_families():
        if family.id not in heads:
            continue
        now = ruling_of_day(rulings, family.id, today)
        own = [it for it in rulings if it.family_id == family.id]
        coming = next((it for it in own if it.from_on > today), None)
        shown = now or coming
        found.append(
            Line(
                family,
                heads[family.id],
                industry_label(family, today),
                rulebook_label(family),
                kind_label(family),
                state_of(family, own, pending, today),
                shown.from_on if shown else None,
                numbers.get(now.version_id) if now and now.version_id else None,
            )
        )
    return found if may_see_drafts() else [it for it in found if it.version is not None]


def _asked_for() -> tuple[Listing, Filters, dict[str, str]]:
    every, books = lines(), rulebook_titles()
    industries = {it.family.industry: it.industry.split("/")[0] for it in every}
    filters: Filters = {
        "rulebook": ("规则集", books),
        "industry": ("行业", industries),
        "kind": ("类别", KIND_WORDS),
        "state": ("状态", {str(key): words for key, words in STATE_WORDS.items()}),
    }
    chosen = {name: asked(name, options) for name, (_, options) in filters.items()}
    place = {it.id: number for number, it in enumerate(catalogue().industries)}
    rows = [
        it
        for it in every
        if mentions(it.head.title, it.industry, it.rulebook, it.kind)
        and chosen["rulebook"] in ("", it.family.rulebook)
        and chosen["industry"] in ("", it.family.industry)
        and chosen["kind"] in ("", it.family.kind)
        and chosen["state"] in ("", it.state)
    ]
    keys: Keys[Line] = {
        "industry": lambda it: (place.get(it.family.industry, 999), it.industry, it.kind),
        "title": lambda it: it.head.title,
        "rulebook": lambda it: it.rulebook,
        "kind": lambda it: it.kind,
        "state": lambda it: list(STATE_WORDS).index(it.state),
        "from": lambda it: str(it.from_on or "9999"),
        "rows": lambda it: it.head.rows,
        "unverified": lambda it: it.head.unverified,
        "kept": lambda it: it.head.kept_at,
    }
    return listing(rows, len(every), keys, _LABELS, filters), filters, chosen


@blueprint.get("")
@requires(Permission.RULEBOOK_VIEW)
def tables() -> str:
    """Every table: of which industry, which version rules, what is still 未核实."""
    found, filters, chosen = _asked_for()
    pages = max(1, -(-len(found.rows) // PAGE_SIZE))
    number = min(page_number(request.args.get("page", "")), pages)
    return framed(
        "tables",
        blocks=("rows",),
        listing=found,
        rows=found.rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
        filters=filters,
        chosen=chosen,
        q=typed("q"),
        page=number,
        pages=pages,
        may_edit=can(Permission.RULEBOOK_EDIT),
        sees_drafts=may_see_drafts(),
        shipped=len(shipped.missing()) if can(Permission.RULEBOOK_EDIT) else 0,
        **ways(number, pages),
    )


@blueprint.post("/export")
@requires(Permission.RULEBOOK_VIEW)
def export_tables() -> Response:
    """The list as filtered, as a workbook."""
    found, _, _ = _asked_for()
    today, content = clock.today(), BytesIO()
    rows = [
        [
            it.industry, it.head.title, it.rulebook, it.kind, it.state_word, it.from_on, it.version,
            it.head.number, it.head.rows, it.head.unverified, "示例" if it.head.example else "",
            clock.shown(it.head.kept_at), it.head.sha256,
        ]
        for it in found.rows
    ]  # fmt: skip
    notes = [f"导出日期 {today}，共 {len(rows)} 张"]
    write_xlsx(content, [SheetLayout("指标表", _COLUMNS, rows, titles=["指标表"], notes=notes)])
    content.seek(0)
    owner = signed_in_person().user_id
    address = files.offer_download(content, f"指标表清单 {today}.xlsx", XLSX, "指标表清单", owner)
    return htmx.htmx_redirect(address)


@blueprint.post("/shipped")
@requires(Permission.RULEBOOK_EDIT)
def load_shipped() -> Response:
    """Enter the tables that come with the program and are not on record yet; none of them rules."""
    made = shipped.keep_missing()
    flash(f"已载入 {made} 张，均未施行。" if made else "随程序提供的指标表都已载入。")
    return htmx.htmx_redirect(url_for("indicators.tables"))


# --- A new table ----------------------------------------------------------------------------

_NEW = ("rulebook", "industry", "kind", "part", "title", "source")
_LONGEST = {"part": 60, "title": 120, "source": 200}


@blueprint.get("/new")
@requires(Permission.RULEBOOK_EDIT)
def new_table() -> str:
    """The form by which a table is begun."""
    return _new_form({"rulebook": "", "kind": "base"}, {})


@blueprint.post("/new")
@requires(Permission.RULEBOOK_EDIT)
def make_table() -> Response | tuple[str, int]:
    """Begin a table: version 1 has one row a dimension, all 未核实."""
    values = {name: request.form.get(name, "").strip() for name in _NEW}
    errors = _faults(values)
    if errors:
        return _new_form(values, errors), 422
    industry, _, subtype = values["industry"].partition("/")
    part = values["part"] if values["kind"] == "supplement" else ""
    own = (values["rulebook"], industry, subtype, values["kind"], part)
    there = next((it for it in list_families() if _own(it) == own), None)
    if there is not None:
        words = "这张指标表已经有了。请从列表打开，在其中修改。"
        return _new_form(values, {"industry": words}), 422
    table = _begun(own, values["title"], values["source"])
    try:
        family = services.open_family(*own)
        services.keep_version(family, table, made_from=None, note="新建")
    except Refused as refused:
        return _new_form(values, {"": str(refused)}), 422
    flash("已新建第 1 版，各行均为未核实。请逐行填写，或导出后在表格中填写再导入。")
    return htmx.htmx_redirect(url_for("indicators.table_page", family_id=family))


def _begun(own: tuple[str, str, str, str, str], title: str, source: str) -> IndicatorTable:
    """Version 1: a supplement has the rows of the table it will tighten, any other nine."""
    book, industry, subtype, kind, _ = own
    base = (book, industry, subtype, "base", "")
    tightens = next((it.id for it in list_families() if _own(it) == base), None)
    newest = newest_version(tightens) if kind == "supplement" and tightens else None
    if newest is not None:
        return blank_supplement(newest.table, title, source)
    columns = services.columns_for(book, industry, subtype, clock.today())
    return blank_table(book, industry, subtype, title, columns[0], source)


def _own(family: Family) -> tuple[str, str, str, str, str]:
    return family.rulebook, family.industry, family.subtype, family.kind, family.part


def _faults(values: Mapping[str, str]) -> dict[str, str]:
    errors: dict[str, str] = {}
    if values["rulebook"] not in rulebook_titles():
        errors["rulebook"] = "没有选择规则集。请选择。"
    if values["industry"] not in dict(_industries()):
        errors["industry"] = "没有选择行业或子类。请选择。"
    if values["kind"] not in KIND_WORDS:
        errors["kind"] = "没有选择类别。请选择。"
    if values["kind"] == "supplement" and not values["part"]:
        errors["part"] = "没有填写补充要求的名称。请填写，如“浙江省”。"
    if not values["title"]:
        errors["title"] = "没有填写表名。请填写。"
    for name, most in _LONGEST.items():
        if len(values[name]) > most:
            errors[name] = f"最多 {most} 个字，现有 {len(values[name])} 个字。请改短。"
    return errors


def _industries() -> list[tuple[str, str]]:
    today = clock.today()
    return [
        (f"{it.id}/{part}" if part else it.id, it.label(part or None, today))
        for it in catalogue().on(today).industries
        for part in ("", *(subtype.name for subtype in it.subtypes))
    ]


def _new_form(values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return framed(
        "new",
        values=values,
        errors=errors,
        faults=[(f"f-{name}" if name else "", text) for name, text in errors.items()],
        rulebooks=list(rulebook_titles().items()),
        industries=_industries(),
        kinds=list(KIND_WORDS.items()),
        crumbs=[("指标表", url_for("indicators.tables"))],
    )
