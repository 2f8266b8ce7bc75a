"""离线填报包: a filing begun for one at the window, the package given out, what came back."""

from __future__ import annotations

from io import BytesIO

from flask import flash, make_response, request, url_for
from werkzeug import Response

from app.accounts.sessions import signed_in_person
from app.approvals.domain import Overtaken, Refused
from app.filing import services
from app.filing.queries import Filing, working
from app.filing.queries.packages import arrivals_of, packages_of
from app.filing.routes.blueprint import (
    blueprint,
    filing_or_404,
    filing_page,
    may_enter,
    open_filing_or_409,
)
from app.filing.routes.window import chosen_of, new_page, plant_or_404, typed_start
from app.kernel import files, htmx
from app.kernel.authority import Permission
from app.kernel.papers import safe_name
from app.kernel.permissions import requires

_ZIP = "application/zip"


# --- Begun at the window ----------------------------------------------------------------------


@blueprint.get("/window/package")
@requires(Permission.FILING_WINDOW)
def package_new() -> str:
    """Year, kind and grade that the enterprise wants to file for, and the verdict."""
    plant = plant_or_404(request.args.get("plant_id", ""))
    return new_page(plant, typed_start(request.args), {}, for_package=True)


@blueprint.post("/window/package")
@requires(Permission.FILING_WINDOW)
def package_start() -> Response:
    """Begin the filing; the same form sent twice is one filing."""
    plant, typed = plant_or_404(request.form.get("plant_id", "")), typed_start(request.form)
    chosen, form_key = chosen_of(plant, typed), request.form.get("form_key", "")[:64]
    fault = ""
    if chosen is None or not form_key:
        fault = "年度、类型和等级没有选全。请选好后再开始。"
    else:
        try:
            filing_id = services.start_for_package(
                plant, chosen.year, chosen.kind, chosen.target, form_key=form_key
            )
        except Refused as refused:
            fault = str(refused)
        else:
            flash("申报已建立，已告知企业。请导出离线填报包交给企业。")
            return htmx.htmx_redirect(url_for("filing.package_page", filing_id=filing_id))
    return make_response(new_page(plant, typed, {"": fault}, for_package=True), 422)


# --- The packages of a filing -----------------------------------------------------------------


@blueprint.get("/<int:filing_id>/package")
@requires(Permission.FILING_ENTER)
def package_page(filing_id: int) -> str:
    """What a package is, those given out, those that came back."""
    return page_of(filing_or_404(filing_id))


def page_of(filing: Filing, fault: str = "") -> str:
    """The page, with why something was not done."""
    found = working(filing)
    return filing_page(
        "package/page",
        filing,
        fault=fault,
        may_issue=filing.state.is_open and may_enter(filing),
        outdated=found.is_outdated,
        packages=packages_of(filing.id),
        arrivals=arrivals_of(filing.id),
    )


@blueprint.post("/<int:filing_id>/package")
@requires(Permission.FILING_ENTER)
def export_package(filing_id: int) -> Response:
    """Make a package of the filing as it stands now, for whoever asked to fetch."""
    filing = open_filing_or_409(filing_id)
    try:
        _, content = services.issue_package(filing_id)
    except Refused as refused:
        status = 409 if isinstance(refused, Overtaken) else 422
        return make_response(page_of(filing, str(refused)), status)
    plant = filing.plant
    name = safe_name(f"离线填报包_{plant.enterprise_name}_{plant.number}_{filing.year}.zip")
    owner = signed_in_person().user_id
    address = files.offer_download(BytesIO(content), name, _ZIP, "离线填报包", owner)
    return htmx.htmx_redirect(address)
