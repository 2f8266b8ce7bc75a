"""版本与施行: every version of a table, searched, narrowed, sorted; which one ruled from when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from io import BytesIO

from flask import abort, request
from werkzeug import Response

from app.accounts.sessions import signed_in_person
from app.indicators.queries import (
    Family,
    Ruling,
    VersionHead,
    heads_of,
    ruling_history,
    ruling_on,
)
from app.indicators.routes.blueprint import (
    NOT_THERE,
    SYSTEM,
    blueprint,
    family_or_404,
    names,
    waiting,
)
from app.indicators.routes.blueprint import table_page as framed
from app.indicators.routes.lists import XLSX, may_see_drafts
from app.indicators.telling import version_words
from app.kernel import clock, files, htmx
from app.kernel.authority import Permission
from app.kernel.listing import page_number, ways
from app.kernel.papers import safe_name
from app.kernel.permissions import can, requires
from app.kernel.spreadsheets.layout import Column, SheetLayout
from app.kernel.spreadsheets.writer import write_xlsx
from app.rulebook.listing import Filters, Keys, Listing, asked, listing, mentions

PAGE_SIZE = 50
_NEVER = "没有施行过"
_LABELS = {
    "number": "版本", "kept": "保存时间", "by": "保存人", "rows": "行数", "unverified": "未核实",
    "ruled": "施行情况",
}  # fmt: skip
_FILTERS: Filters = {
    "ruled": ("施行情况", {it: it for it in ("施行中", "待施行", "曾施行", _NEVER)}),
}
_COLUMNS = (
    Column("版本", 8, "number"), Column("保存时间", 18), Column("保存人", 14), Column("说明", 44),
    Column("行数", 8, "number"), Column("未核实", 8, "number"), Column("施行情况", 12),
    Column("示例", 8), Column("校验值", 68, "code"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """A version in the list."""

    head: VersionHead
    by: str
    ruled: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the versions of a table, as far as the person may see it."""

    heads: list[VersionHead]
    """The newest first."""
    history: list[Ruling]
    rulings: list[Ruling]
    """Those that stand, in the order of their days."""
    people: dict[int, str]


def _known(family: Family) -> Known:
    heads, history = heads_of(family.id), ruling_history(family.id)
    rulings = sorted((it for it in history if it.annulled_at is None), key=lambda it: it.from_on)
    if not may_see_drafts():
        ruled = {it.version_id for it in rulings}
        heads = [it for it in heads if it.id in ruled]
        history = rulings[::-1]
    if not heads:
        abort(404, NOT_THERE)
    involved = [it.kept_by for it in heads]
    involved += [who for it in history for who in (it.proposed_by, it.recorded_by)]
    return Known(heads, history, rulings, names(iter(involved)))


def _listed(known: Known, today: date) -> Listing:
    """The versions asked for, the newest first unless another order is."""
    every = [
        Kept(it, known.people.get(it.kept_by or 0, SYSTEM),
             version_words(it, known.rulings, today) or _NEVER)
        for it in known.heads
    ]  # fmt: skip
    wanted = asked("ruled", _FILTERS["ruled"][1])
    rows = [
        it
        for it in every
        if mentions(it.head.note, it.by, f"第 {it.head.number} 版", it.head.sha256)
        and wanted in ("", it.ruled)
    ]
    keys: Keys[Kept] = {
        "newest": lambda it: -it.head.number,
        "number": lambda it: it.head.number,
        "kept": lambda it: it.head.kept_at,
        "by": lambda it: it.by,
        "rows": lambda it: it.head.rows,
        "unverified": lambda it: it.head.unverified,
        "ruled": lambda it: list(_FILTERS["ruled"][1]).index(it.ruled),
    }
    return listing(rows, len(every), keys, _LABELS, _FILTERS)


@blueprint.get("/<int:family_id>/versions")
@requires(Permission.RULEBOOK_VIEW)
def versions(family_id: int) -> str:
    """Every version with who kept it, when and why, and which one ruled from when."""
    family, today = family_or_404(family_id), clock.today()
    known = _known(family)
    found = _listed(known, today)
    pages = max(1, -(-len(found.rows) // PAGE_SIZE))
    number = min(page_number(request.args.get("page", "")), pages)
    return framed(
        "versions",
        family,
        blocks=("rows",),
        listing=found,
        rows=found.rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
        filters=_FILTERS,
        chosen={"ruled": asked("ruled", _FILTERS["ruled"][1])},
        q=request.args.get("q", "").strip(),
        never=_NEVER,
        page=number,
        pages=pages,
        history=known.history,
        numbers={it.id: it.number for it in known.heads},
        people=known.people,
        system=SYSTEM,
        pending=waiting(family.id),
        newest=known.heads[0],
        may_withdraw=can(Permission.RULEBOOK_EDIT),
        sees_drafts=may_see_drafts(),
        in_force=ruling_on(known.rulings, family.id, today),
        **ways(number, pages),
    )


@blueprint.post("/<int:family_id>/versions/export")
@requires(Permission.RULEBOOK_VIEW)
def export_versions(family_id: int) -> Response:
    """The versions as listed, as a workbook."""
    family, today, content = family_or_404(family_id), clock.today(), BytesIO()
    known = _known(family)
    found = _listed(known, today)
    cells = [
        (it.head.number, clock.shown(it.head.kept_at), it.by, it.head.note, it.head.rows,
         it.head.unverified, it.ruled, "示例" if it.head.example else "", it.head.sha256)
        for it in found.rows
    ]  # fmt: skip
    said = "；".join(f"{label}：{words}" for label, words, _ in found.chips) or "无"
    title = known.heads[0].title
    notes = (title, f"导出日期 {today}，共 {len(cells)} 版。条件：{said}。")
    write_xlsx(content, [SheetLayout("版本", _COLUMNS, cells, titles=("指标表版本",), notes=notes)])
    content.seek(0)
    name = safe_name(f"指标表版本_{title}_{today}.xlsx")
    owner = signed_in_person().user_id
    return htmx.htmx_redirect(files.offer_download(content, name, XLSX, "指标表版本清单", owner))
