"""Applying for emission rights: by the enterprise or an officer, corrected, withdrawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from flask import abort, flash, make_response, request, url_for
from werkzeug import Response

from app.approvals.domain import Refused
from app.kernel import attachments, clock
from app.kernel.authority import Permission
from app.kernel.htmx import htmx_redirect
from app.kernel.permissions import requires, scope_for
from app.registry.queries import PlantOnRecord, find_plant
from app.rights.forms import OTHER_PROJECT, WHOLE_PLANT, Typed, read_application
from app.rights.queries.applications import MOST_CHOICES, ApplicationOnRecord, plants_to_choose
from app.rights.routes.applications import (
    HERE,
    LONGEST_NUMBER,
    LONGEST_SEARCH,
    application_or_404,
    application_view,
    is_enterprise,
    number_in,
)
from app.rights.routes.blueprint import POLLUTANT_OPTIONS, blueprint, section_page
from app.rights.routes.evidence import MOST, Chosen, chosen
from app.rights.services import ApplicationEntry, applications
from app.upgrading.queries import project_names


def _plant_or_404(plant_id: int) -> PlantOnRecord:
    found = find_plant(plant_id, scope_for(Permission.RIGHTS_APPLY))
    if found is None:
        abort(404, "没有这个厂区，或者不在您的权限范围内。")
    return found


@blueprint.get("/applications/new")
@requires(Permission.RIGHTS_APPLY)
def new_application() -> str | Response:
    """The form of an application; the plant is chosen first where there are several."""
    plant_id = number_in("plant_id")
    if plant_id is not None:
        plant = _plant_or_404(plant_id)
        today = clock.today()
        form = Typed({"year": str(today.year), "applied_on": today.isoformat()})
        return _form_page(plant, form, Chosen(()))
    search = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    choices = plants_to_choose(scope_for(Permission.RIGHTS_APPLY), search)
    if is_enterprise() and len(choices) == 1 and not search:
        return htmx_redirect(url_for("rights.new_application", plant_id=choices[0].plant_id))
    return section_page(
        "choose_plant",
        HERE,
        choices=choices[:MOST_CHOICES],
        has_more=len(choices) > MOST_CHOICES,
        search=search,
        most=MOST_CHOICES,
    )


@blueprint.post("/applications/new")
@requires(Permission.RIGHTS_APPLY)
def apply() -> str | Response:
    """Enter an application with its evidence, or only add a file to the form or take one out."""
    text = request.form.get("plant_id", "")
    is_number = text.isascii() and text.isdecimal() and len(text) < LONGEST_NUMBER
    plant = _plant_or_404(int(text) if is_number else 0)
    form, files = Typed(request.form), chosen()
    if _is_about_files():
        return _form_page(plant, _with_fault(form, files), files)
    entry = _read(form, plant, files, clock.today() if is_enterprise() else None)
    if entry is not None:
        try:
            made = applications.apply(entry, plant, told_by=_teller(plant))
        except Refused as refused:
            form.refuse(refused)
        else:
            flash("申请已提交。", "done")
            return htmx_redirect(url_for("rights.application_page", application_id=made))
    return make_response(_form_page(plant, form, files), form.status)


def _is_about_files() -> bool:
    """Whether a button was pressed that only adds files or takes one out (添加、移除材料)."""
    return "add" in request.form or "drop" in request.form


def _with_fault(form: Typed, files: Chosen) -> Typed:
    if files.fault:
        form.errors["evidence"] = files.fault
    return form


def _teller(plant: PlantOnRecord) -> str:
    """The enterprise whose officers are told; nobody when an officer enters it."""
    return plant.enterprise_name if is_enterprise() else ""


def _read(
    form: Typed, plant: PlantOnRecord, files: Chosen, fixed: date | None
) -> ApplicationEntry | None:
    """The application with its evidence; None when something has to be mended."""
    projects = project_names(plant.plant_id)
    entry = read_application(form, plant.plant_id, projects, clock.today(), fixed)
    _with_fault(form, files)
    if entry is None or form.errors:
        return None
    files.enter()
    return replace(entry, evidence=files.files)


def _form_page(
    plant: PlantOnRecord, form: Typed, files: Chosen, old: ApplicationOnRecord | None = None
) -> str:
    names = project_names(plant.plant_id)
    options = [(str(place), name) for place, name in enumerate(names)]
    options += [(OTHER_PROJECT, "其他项目（在下面填写名称）"), (WHOLE_PLANT, "不针对某个项目")]
    return section_page(
        "apply",
        HERE,
        plant=plant,
        form=form,
        old=old,
        projects=options,
        pollutants=POLLUTANT_OPTIONS,
        is_enterprise=is_enterprise(),
        files=files.notes(),
        most=MOST,
        accepted=attachments.ACCEPTED,
        hint=attachments.HINT,
    )


@blueprint.get("/applications/<int:application_id>/correct")
@requires(Permission.RIGHTS_APPLY)
def correction_page(application_id: int) -> str:
    """The form that corrects an application, filled in as it stands."""
    found = application_or_404(application_id, Permission.RIGHTS_APPLY)
    if not found.stands:
        abort(404, "这件申请已被更正或撤回。")
    plant = _plant_or_404(found.plant_id)
    return _form_page(plant, _as_typed(found), Chosen(found.evidence), found)


def _as_typed(found: ApplicationOnRecord) -> Typed:
    names = project_names(found.plant_id)
    place = str(names.index(found.project)) if found.project in names else OTHER_PROJECT
    return Typed(
        {
            "project": place if found.project else WHOLE_PLANT,
            "project_name": found.project if place == OTHER_PROJECT else "",
            "pollutant": found.pollutant,
            "year": str(found.year),
            "tonnes": str(found.asked),
            "applied_on": found.applied_on.isoformat(),
        }
    )


@blueprint.post("/applications/<int:application_id>/correct")
@requires(Permission.RIGHTS_APPLY)
def correct_application(application_id: int) -> str | Response:
    """Put a corrected application in the place of this one; both stay on record."""
    found = application_or_404(application_id, Permission.RIGHTS_APPLY)
    plant = _plant_or_404(found.plant_id)
    form, files = Typed(request.form), chosen()
    if _is_about_files():
        return _form_page(plant, _with_fault(form, files), files, found)
    why = form.text("why", "更正原因")
    entry = _read(form, plant, files, found.applied_on if is_enterprise() else None)
    if entry is not None:
        try:
            made = applications.correct(found.id, entry, plant, why, told_by=_teller(plant))
        except Refused as refused:
            form.refuse(refused)
        else:
            flash("申请已更正，原申请保留在记录中。", "done")
            return htmx_redirect(url_for("rights.application_page", application_id=made))
    return make_response(_form_page(plant, form, files, found), form.status)


@blueprint.post("/applications/<int:application_id>/withdraw")
@requires(Permission.RIGHTS_APPLY)
def withdraw_application(application_id: int) -> Response:
    """Take an application back, with the reason."""
    found = application_or_404(application_id, Permission.RIGHTS_APPLY)
    plant = _plant_or_404(found.plant_id)
    form = Typed(request.form)
    why = form.text("why", "撤回原因")
    if not form.errors:
        try:
            applications.withdraw(found.id, plant, why, told_by=_teller(plant))
        except Refused as refused:
            form.refuse(refused)
        else:
            flash("申请已撤回，保留在记录中。", "done")
            return htmx_redirect(url_for("rights.application_page", application_id=found.id))
    return make_response(application_view(found, form), form.status)
