"""佐证材料: the materials of a row, what the filing needs in all, one material with its pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from flask import abort, flash, g, render_template, request, url_for
from werkzeug import Response

from app.accounts.sessions import signed_in_person
from app.approvals.domain import Refused
from app.filing import services
from app.filing.commitment import SCAN
from app.filing.commitment_checks import scan_is_there, scan_wanted
from app.filing.domain import Evidence
from app.filing.entry import row_id
from app.filing.evidence import ANY, Needed, Progress, asked_of, files_for, missing_of, span_of
from app.filing.exports import NEEDED_TITLE, needed_file, offer_file
from app.filing.periods import Span, required
from app.filing.queries import (
    EvidenceOnRecord,
    Filing,
    evidence_limits,
    find_evidence,
    find_filing,
    needed_in,
    proving_grades,
    same_content,
    working,
)
from app.filing.routes.assessing import row_address
from app.filing.routes.blueprint import around, blueprint, filing_or_404, filing_page
from app.indicators.domain import Row
from app.kernel import audit, clock, htmx, uploads
from app.kernel import materials as intake
from app.kernel.asked import read_day
from app.kernel.authority import Permission, Scope
from app.kernel.permissions import requires, scope_for
from app.kernel.transaction import reading_first
from app.kernel.uploads import UnderWay

MOST_IDS = 2**53


def working_scope() -> Scope:
    """What the person may enter materials into: an enterprise's own, or at the window."""
    return scope_for(Permission.FILING_ENTER)


def worked_on_or_404(filing_id: int) -> Filing:
    """A filing that the person may enter materials into; 404 for any other."""
    found = find_filing(filing_id, working_scope(), for_work=True)
    if found is None:
        abort(404, "没有这件申报，或者不属于本企业。请从“申报”首页选择。")
    return found


def seen_or_404(evidence_id: int) -> EvidenceOnRecord:
    """A material that the person may see; 404 for any other."""
    found = find_evidence(evidence_id, scope_for(Permission.FILING_VIEW), working_scope())
    if found is None:
        abort(404, "没有这份材料，或不在您的权限范围内。")
    return found


# --- The materials of one row ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RowFiles:
    """A row as its materials are shown; a page's own rows have these fields too."""

    id: str
    place: int
    key: str
    title: str
    evidence: Sequence[Evidence]
    row: Row | None
    """None: the materials of the filing as a whole."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A material that the row asks for, and what is missing of it."""

    kind: str
    period: str
    count: int
    missing: tuple[str, ...]


def asked_in_row(filing: Filing, row: Any) -> list[Asked]:
    """What a row asks for, for its template; nothing where the target need not be proved."""
    if row.row is None or not _must_prove(filing):
        return []
    found = []
    for kind, period in asked_of(row.row):
        held = files_for(row.row, kind, row.evidence)
        requirement = required(period, filing.year, filing.judged_on)
        found.append(Asked(kind, period, len(held), missing_of(held, requirement)))
    return found


def _must_prove(filing: Filing) -> bool:
    """Asked once in a request, however many rows ask."""
    kept: dict[int, bool] = g.setdefault("must_prove", {})
    if filing.id not in kept:
        kept[filing.id] = filing.target in proving_grades(filing)
    return kept[filing.id]


def kinds_of(row: Any) -> list[str]:
    """What a file of the row may be called, besides 其他."""
    return [it.kind for it in row.row.evidence] if row.row is not None else [SCAN]


def pairs_of(kinds: Sequence[str]) -> list[tuple[str, str]]:
    """The kinds as a drop-down wants them."""
    return [(kind, kind) for kind in kinds]


def size_words(size: int) -> str:
    """How large a file is: 492 字节, 12 KB, 3.4 MB."""
    if size < 1024:
        return f"{size} 字节"
    if size < intake.MB:
        return f"{size // 1024} KB"
    return f"{size / intake.MB:.1f} MB"


def largest_mb(filing: Filing) -> int:
    """MB of one file."""
    kept: dict[str, int] = g.setdefault("largest_mb", {})
    if filing.county not in kept:
        kept[filing.county] = evidence_limits(clock.today(), filing.county).file_mb
    return kept[filing.county]


@blueprint.record
def _tell_templates(state: Any) -> None:
    """What ``evidence/_row.html`` asks for, wherever it is included."""
    state.app.jinja_env.globals.update(
        evidence_asked=asked_in_row, evidence_kinds=kinds_of, evidence_largest_mb=largest_mb,
        evidence_accepted=intake.ACCEPTED, evidence_hint=intake.KINDS_HINT,
        evidence_at_once_mb=state.app.config["MAX_CONTENT_LENGTH"] // 1024**2,
        evidence_span=span_of, evidence_size=size_words, evidence_pairs=pairs_of,
    )  # fmt: skip


def row_files(filing: Filing, place: int, key: str) -> RowFiles:
    """The materials of a row; 404 where there is no such row."""
    found = working(filing)
    held = found.evidence_by_row.get((place, key), ())
    if (place, key) == (0, ""):
        return RowFiles("r0", 0, "", "其他材料", held, None)
    row = found.row(place, key)
    if row is None:
        abort(404, "指标表中没有这一行，可能已换用新的指标表。请从“自评”进入。")
    return RowFiles(row_id(place, key), place, key, row[1].title, held, row[1])


@blueprint.get("/<int:filing_id>/evidence")
@requires(Permission.FILING_ENTER)
def row_evidence(filing_id: int) -> str:
    """The materials of a row: a page of its own, or its list alone for a page that holds it."""
    filing = worked_on_or_404(filing_id)
    row = row_files(filing, request.args.get("place", 0, int), request.args.get("row", ""))
    context = {**around(filing), "row": row}
    if htmx.is_fragment_request():
        return render_template("filing/evidence/_files.html", **context)
    return render_template(
        "filing/evidence/of_row.html", **context, back=_back_to(filing, row),
        unfinished=[it for it in unfinished(filing) if (it.told["place"], it.told["row"])
                    == (row.place, row.key)],
    )  # fmt: skip


def unfinished(filing: Filing) -> list[UnderWay]:
    """What the person began to send for the filing, and can go on with."""
    return uploads.unfinished(signed_in_person().user_id, f"filing:{filing.id}")


def _back_to(filing: Filing, row: RowFiles) -> tuple[str, str]:
    """Where the person came from: address and words."""
    if row.row is not None:
        return row_address(working(filing), row.place, row.key), "返回自评"
    if _asks_for_scan() and filing.state.is_open:
        return url_for("filing.submit_page", filing_id=filing.id), "返回承诺与提交"
    return url_for("filing.materials", filing_id=filing.id), "返回材料清单"


def _asks_for_scan() -> bool:
    """Whether the person came from the commitment, for its scan."""
    return request.args.get("kind") == SCAN


@blueprint.post("/<int:filing_id>/evidence")
@requires(Permission.FILING_ENTER)
def add_evidence(filing_id: int) -> Response:
    """Files of a form, without script: each is taken or refused by itself."""
    with reading_first():
        filing = worked_on_or_404(filing_id)
        largest = evidence_limits(clock.today(), filing.county).file_bytes
    where, replaces = asked_where(request.form)
    span, fault = asked_span(request.form)
    if fault:
        flash(fault, "problem")
        return htmx.htmx_redirect(_row_page(filing_id, where))
    taken = []
    sent = [it for it in request.files.getlist("files") if it.filename]
    for file in sent:
        try:
            stream = cast("BinaryIO", file.stream)
            taken.append(intake.receive(stream, file.filename or "", largest=largest))
        except intake.Unacceptable as refusal:
            flash(str(refusal), "problem")
    added = 0
    for stored, examined in taken[:1] if replaces else taken:
        try:
            done = services.add_evidence(filing_id, where, stored, examined, span=span,
                                         note=asked_note(), replaces=replaces)  # fmt: skip
        except Refused as refusal:
            flash(str(refusal), "problem")
        else:
            added += done.is_new
            if done.told:
                flash(done.told)
    if not sent:
        flash("还没有选择文件。请先选择，再点“添加”。", "problem")
    elif added:
        flash(f"已添加 {added} 份材料。" if replaces is None else "已替换。")
    return htmx.htmx_redirect(_row_page(filing_id, where))


def _row_page(filing_id: int, where: services.Where) -> str:
    return url_for("filing.row_evidence", filing_id=filing_id, place=where.place,
                   row=where.row_key, kind=SCAN if where.kind == SCAN else None)  # fmt: skip


def asked_where(form: Any) -> tuple[services.Where, int | None]:
    """Where a form's files belong, and what they take the place of."""
    kind = form.get("kind", "")[: services.LONGEST_KIND]
    where = services.Where(form.get("place", 0, _id), form.get("row", "")[:60],
                           "" if kind == ANY else kind)  # fmt: skip
    return where, form.get("replaces", None, _id)


def _id(text: str) -> int:
    """A number that may be an id; ValueError for one that no database holds."""
    number = int(text)
    if not 0 <= number < MOST_IDS:
        raise ValueError
    return number


def asked_span(form: Any) -> tuple[Span | None, str]:
    """The period that a form gives, or what is wrong with it. One day alone is a period."""
    try:
        first, last = read_day(form.get("from", "")), read_day(form.get("until", ""))
    except ValueError as fault:
        return None, f"所属时段填写有误：{fault}"
    first, last = first or last, last or first
    if first is None or last is None:
        return None, ""
    if last < first:
        return None, "所属时段的止日早于起日。请核对后重新填写。"
    return Span(first, last), ""


def asked_note() -> str:
    """What a form says besides."""
    return request.form.get("note", "").strip()


# --- What the filing needs ------------------------------------------------------------------

SHOWN = {"": "全部", "left": "还缺的", "done": "已有的"}


def _shown(every: list[Needed], chosen: str) -> list[Needed]:
    return [it for it in every if not chosen or _is_left(it) == (chosen == "left")]


def _chosen() -> str:
    chosen = request.args.get("show", "")
    return chosen if chosen in SHOWN else ""


@blueprint.get("/<int:filing_id>/materials")
@requires(Permission.FILING_ENTER)
def materials(filing_id: int) -> str:
    """本次申报需要的材料: each with the reason why, the period it must cover, what is missing."""
    filing = filing_or_404(filing_id)
    found = working(filing)
    every, chosen = needed_in(found), _chosen()
    return filing_page(
        "evidence/needed", filing,
        needed=_shown(every, chosen), every=every, left=sum(map(_is_left, every)), show=chosen,
        shows=list(SHOWN.items()), must_prove=filing.target in proving_grades(filing),
        address=lambda it: row_address(found, it.place, it.row_key),
        general=RowFiles("r0", 0, "", "其他材料", found.evidence_by_row.get((0, ""), ()), None),
        taken=sum({it.sha256: it.size for it in found.evidence}.values()),
        scan_wanted=scan_wanted(found), has_scan=scan_is_there(found), scan_words=SCAN,
        limits=evidence_limits(clock.today(), filing.county),
        doubles=same_content(found.evidence), unfinished=unfinished(filing),
        export_url=url_for("filing.export_materials", filing_id=filing.id, show=chosen or None),
    )  # fmt: skip


@blueprint.post("/<int:filing_id>/materials/export")
@requires(Permission.FILING_ENTER)
def export_materials(filing_id: int) -> Response:
    """The list as shown, as a file."""
    form = "csv" if request.form.get("format") == "csv" else "xlsx"
    with reading_first():
        filing, chosen = filing_or_404(filing_id), _chosen()
        shown = _shown(needed_in(working(filing)), chosen)
        content = needed_file(filing, shown, SHOWN[chosen], form)
    audit.record("filing.materials_exported", "filing", filing.id, {"件数": len(shown)},
                 county=filing.county)  # fmt: skip
    return htmx.htmx_redirect(offer_file(content, NEEDED_TITLE, form))


def _is_left(it: Needed) -> bool:
    return it.progress is not Progress.DONE
