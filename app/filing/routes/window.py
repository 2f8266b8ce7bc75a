"""窗口代录: an officer enters what an enterprise files from stamped paper; its scan confirms it.

In between the officer works on the pages on which an enterprise files by itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, cast

from flask import abort, flash, make_response, request, url_for
from werkzeug import Response

from app.accounts.services import AccountRefused, confirm_password
from app.accounts.sessions import signed_in_person
from app.approvals.domain import Overtaken, Refused
from app.filing import services
from app.filing.admission import TOP_GRADE
from app.filing.commitment import SCAN
from app.filing.domain import Kind, State, Way
from app.filing.queries import (
    Filing,
    evidence_limits,
    findings_of,
    plants_found,
    scheme_grades,
    unknown_in,
    why_no_grades,
    working,
)
from app.filing.queries.papers import statements_of
from app.filing.reasons import shown_reasons
from app.filing.routes.blueprint import (
    blueprint,
    filing_page,
    is_at_window,
    open_filing_or_409,
    stops_before_signing,
)
from app.filing.routes.starting import Chosen
from app.filing.window_checks import WRITTEN
from app.kernel import clock, htmx, materials
from app.kernel.asked import read_day
from app.kernel.authority import Permission
from app.kernel.listing import page_number, ways
from app.kernel.permissions import requires, scope_for
from app.kernel.transaction import reading_first
from app.kernel.web import page
from app.registry.queries import PlantOnRecord, find_plant, industries_of
from app.rulebook.queries import rulebook_on

PLANTS_PER_PAGE = 20
NO_SCAN = "是可以改动的文件，不是扫描件。请上传签名盖章后的扫描件：PDF、OFD 或图片。"
_LONGEST_SEARCH = 100
_FIELDS = ("plant_id", "year", "kind", "target", "title", "signed_on", "pages")
Faults = Mapping[str, str]


# --- Whose filing ---------------------------------------------------------------------------


@blueprint.get("/window")
@requires(Permission.FILING_WINDOW)
def window_page() -> str:
    """Find the plant for which stamped paper was handed in."""
    typed = request.args.get("q", "").strip()[:_LONGEST_SEARCH]
    asked, scope = page_number(request.args.get("page", "")), scope_for(Permission.FILING_WINDOW)
    found, total = plants_found(scope, typed, page=asked, size=PLANTS_PER_PAGE)
    last = max(1, -(-total // PLANTS_PER_PAGE))
    shown = min(asked, last)
    return page(
        "filing/window.html",
        blocks=("rows",),
        typed=typed,
        found=found,
        total=total,
        page_words=f"第 {shown} 页，共 {last} 页",
        **ways(shown, last),
    )


# --- The beginning --------------------------------------------------------------------------


def plant_or_404(typed: str) -> PlantOnRecord:
    """A plant of the officer's county that still exists; 404 for any other."""
    is_number = typed.isascii() and typed.isdecimal() and len(typed) < 16
    scope = scope_for(Permission.FILING_WINDOW)
    found = find_plant(int(typed), scope) if is_number else None
    if found is None or found.is_closed(clock.today()):
        abort(404, "没有这个厂区，或者不在您的权限范围内。请从“窗口代录”查找企业。")
    return found


def chosen_of(plant: PlantOnRecord, values: Mapping[str, str]) -> Chosen | None:
    """What is to be filed for, once all of it is said."""
    year, kind = values["year"], values["kind"]
    is_year = year.isascii() and year.isdecimal() and len(year) == 4
    if not is_year or kind not in set(Kind) or not values["target"]:
        return None
    return Chosen(plant, int(year), Kind(kind), values["target"])


def typed_start(values: Mapping[str, str]) -> dict[str, str]:
    """What was typed to begin a filing; this year unless another was."""
    typed = {name: values.get(name, "").strip()[:120] for name in _FIELDS}
    return {**typed, "year": typed["year"] or str(clock.today().year)}


@blueprint.get("/window/new")
@requires(Permission.FILING_WINDOW)
def window_new() -> str:
    """Year, kind and grade as on the paper, the verdict, then what the paper is."""
    plant = plant_or_404(request.args.get("plant_id", ""))
    return new_page(plant, typed_start(request.args), {})


def new_page(
    plant: PlantOnRecord, typed: dict[str, str], wrong: Faults, *, for_package: bool = False
) -> str:
    """The form with its verdict; ``for_package``: nothing is entered from paper."""
    today = clock.today()
    chosen = chosen_of(plant, typed)
    verdict = chosen.verdict(today) if chosen else None
    industries = industries_of([plant.plant_id]).get(plant.plant_id, ())
    rules = rulebook_on(today, plant.county)
    grades = scheme_grades(industries, rules)
    return page(
        "filing/window_new.html",
        blocks=("verdict",),
        for_package=for_package,
        here=url_for("filing.package_new" if for_package else "filing.window_new"),
        start_url=url_for("filing.package_start" if for_package else "filing.window_start"),
        plant=plant,
        typed=typed,
        wrong=wrong,
        faults=[(f"f-{name}" if name else "", text) for name, text in wrong.items()],
        kinds=[(it.value, it.words) for it in Kind],
        targets=[(it, it) for it in grades if it != TOP_GRADE],
        missing=""
        if industries and not unknown_in(industries, rules)
        else why_no_grades(industries, rules, None),
        verdict=verdict,
        sentence=chosen.words if chosen else "",
        reasons=shown_reasons(verdict.reasons, plant.plant_id) if verdict else [],
        form_key=request.form.get("form_key", "")[:64] or secrets.token_hex(16),
    )


@blueprint.post("/window/new")
@requires(Permission.FILING_WINDOW)
def window_start() -> Response:
    """Begin a filing from paper; the same form sent twice is one filing."""
    plant, typed = plant_or_404(request.form.get("plant_id", "")), typed_start(request.form)
    chosen, read = chosen_of(plant, typed), _paper(typed)
    form_key = request.form.get("form_key", "")[:64]
    wrong = dict(read.wrong)
    if chosen is None or not form_key:
        wrong[""] = "年度、类型和等级没有选全。请选好后再开始。"
    if wrong or chosen is None or read.paper is None:
        return make_response(new_page(plant, typed, wrong), 422)
    try:
        filing_id = services.start_at_window(
            plant, chosen.year, chosen.kind, chosen.target, read.paper, form_key=form_key
        )
    except Refused as refused:
        return make_response(new_page(plant, typed, {"": str(refused)}), 422)
    flash("代录已建立，已告知企业。请对照纸质材料逐项录入，内容自动保存。")
    return htmx.htmx_redirect(url_for("filing.assess_page", filing_id=filing_id))


@dataclass(frozen=True, slots=True)
class Read:
    """What was typed of the paper, or what is wrong with it by field."""

    paper: services.Paper | None
    wrong: Faults


def _paper(typed: Mapping[str, str]) -> Read:
    wrong: dict[str, str] = {}
    title, pages = typed["title"], typed["pages"]
    if not title:
        wrong["title"] = "请写明依据的纸质材料名称。"
    elif len(title) > services.LONGEST_TITLE:
        wrong["title"] = f"材料名称超过 {services.LONGEST_TITLE} 个字。请缩短。"
    day = None
    try:
        day = read_day(typed["signed_on"])
        if day is None:
            wrong["signed_on"] = "请填写纸质材料上的签章日期。"
    except ValueError as fault:
        wrong["signed_on"] = str(fault)
    is_number = pages.isascii() and pages.isdecimal() and 1 <= len(pages) <= 4
    if not is_number or int(pages) == 0:
        wrong["pages"] = "页数应为 1 至 9999 的整数。请改正。"
    if wrong or day is None:
        return Read(None, wrong)
    return Read(services.Paper(title, day, int(pages)), {})


# --- The scan and the submission ------------------------------------------------------------


def _at_window_or_404(filing_id: int) -> Filing:
    if not is_at_window(filing_id):
        abort(404, "没有这件代录的申报，或者不在您的权限范围内。")
    return open_filing_or_409(filing_id)


@blueprint.get("/<int:filing_id>/window")
@requires(Permission.FILING_WINDOW)
def window_submit_page(filing_id: int) -> str:
    """The scan of the stamped paper, what it states, and the submission."""
    return _submit_page(_at_window_or_404(filing_id), {})


def _submit_page(filing: Filing, wrong: Faults) -> str:
    found = working(filing)
    ticked = set(request.form.getlist("accept"))
    return filing_page(
        "window_submit",
        filing,
        wrong=wrong,
        faults=[(f"f-{name}" if name else "", text) for name, text in wrong.items()],
        stopping=len(stops_before_signing(findings_of(found))),
        scans=[it for it in found.evidence if it.place == 0 and it.kind == SCAN],
        scan_words=SCAN,
        commits=found.needs_commitment,
        statements=[
            {"id": it.id, "key": f"{it.id}:{it.sha256}", "text": it.text,
             "accepted": f"{it.id}:{it.sha256}" in ticked}
            for it in statements_of(found)
        ],
        signer=request.form.get("signer", "")[:60],
        is_corrected=filing.state is State.CORRECTING,
        officer=signed_in_person().display_name,
        form_key=request.form.get("form_key", "")[:64] or secrets.token_hex(16),
        asks_paper=filing.way is Way.PACKAGE or filing.state is State.CORRECTING,
        typed=typed_start(request.form),
    )  # fmt: skip


@blueprint.post("/<int:filing_id>/window/scan")
@requires(Permission.FILING_WINDOW)
def window_scan(filing_id: int) -> Response:
    """Keep scans of the stamped paper; each is taken or refused by itself."""
    with reading_first():
        filing = _at_window_or_404(filing_id)
        largest = evidence_limits(clock.today(), filing.county).file_bytes
    taken, wrong = [], []
    for file in request.files.getlist("files"):
        try:
            if file.filename:
                stream = cast("BinaryIO", file.stream)
                stored, examined = materials.receive(stream, file.filename, largest=largest)
                if examined.kind in WRITTEN:
                    raise materials.Unacceptable(f"“{examined.name}”{NO_SCAN}")
                taken.append((stored, examined))
        except materials.Unacceptable as refusal:
            wrong.append(str(refusal))
    if not taken and not wrong:
        wrong.append("还没有选择文件。请先选择扫描件，再点“上传扫描件”。")
    for stored, examined in taken:
        try:
            services.add_evidence(filing_id, services.Where(kind=SCAN), stored, examined)
        except Refused as refusal:
            wrong.append(str(refusal))
    for text in wrong:
        flash(text, "problem")
    if not wrong:
        flash(f"已上传 {len(taken)} 份扫描件。")
    return htmx.htmx_redirect(url_for("filing.window_submit_page", filing_id=filing_id))


@blueprint.post("/<int:filing_id>/window/submit")
@requires(Permission.FILING_WINDOW)
def window_submit(filing_id: int) -> Response:
    """Submit what stands on the paper; the same form sent twice is one submission."""
    try:  # the password before anything else touches the database
        confirmed = confirm_password(
            signed_in_person().user_id,
            request.form.get("password", ""),
            address=request.remote_addr or "",
        )
    except AccountRefused as refused:
        wrong = {"password": str(refused)}
        return make_response(_submit_page(_at_window_or_404(filing_id), wrong), 422)
    if not is_at_window(filing_id):
        abort(404, "没有这件代录的申报，或者不在您的权限范围内。")
    read = _paper(typed_start(request.form)) if "asks_paper" in request.form else Read(None, {})
    if read.wrong:
        return make_response(_submit_page(_at_window_or_404(filing_id), read.wrong), 422)
    try:
        sent = services.submit_at_window(
            filing_id, confirmed, paper=read.paper, signer=request.form.get("signer", "")[:60],
            accepted=frozenset(request.form.getlist("accept")),
            form_key=request.form.get("form_key", "")[:64] or secrets.token_hex(16),
        )  # fmt: skip
    except services.AlreadySubmitted as already:
        flash(str(already))
        sent = already.submission
    except Refused as refused:
        status = 409 if isinstance(refused, Overtaken) else 422
        filing = _at_window_or_404(filing_id)
        return make_response(_submit_page(filing, {"": str(refused)}), status)
    return htmx.htmx_redirect(url_for("filing.receipt_page", submission_id=sent.id))
