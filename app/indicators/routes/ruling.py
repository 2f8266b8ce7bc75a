"""From when a version rules (施行、停用、撤销施行): proposed here, decided under 复核."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import abort, flash, request, url_for
from werkzeug import Response

from app.approvals.domain import Refused
from app.indicators import services
from app.indicators.checking import oddities, unverified_cells
from app.indicators.queries import Family, Ruling, Version, find_version
from app.indicators.routes.blueprint import blueprint, family_or_404, version_or_404, waiting
from app.indicators.routes.blueprint import table_page as framed
from app.kernel import clock, htmx, transaction
from app.kernel.asked import read_day
from app.kernel.authority import Permission
from app.kernel.permissions import requires

_FIELDS = ("from_on", "document", "reason")
_LONGEST_DOCUMENT, _LONGEST_REASON = 100, 200
_GONE = "没有这一条施行记录，或者它已经撤销。请返回重新选择。"


@blueprint.get("/<int:family_id>/rule")
@requires(Permission.RULEBOOK_EDIT)
def rule_form(family_id: int) -> str:
    """The form that puts a version in force (?version=3) or retires the table (?retire=1)."""
    family = family_or_404(family_id)
    return _form(family, _asked_version(family, request.args), {}, {})


@blueprint.post("/<int:family_id>/rule")
@requires(Permission.RULEBOOK_EDIT)
def propose_ruling(family_id: int) -> Response | tuple[str, int]:
    """Put it before the head of the city."""
    family = family_or_404(family_id)
    version = _asked_version(family, request.form)
    values = {name: request.form.get(name, "").strip() for name in _FIELDS}
    errors, day = _read(values, day_wanted=True)
    if errors or day is None:
        return _form(family, version, values, errors), 422
    if not values["document"]:
        errors["document"] = "没有填写依据文件。请填写文号或会议纪要。"
        return _form(family, version, values, errors), 422
    try:
        services.propose_ruling(
            family.id, version.id if version else None, day,
            document=values["document"], reason=values["reason"],
        )  # fmt: skip
    except Refused as refused:
        transaction.close()
        return _form(family, version, values, {"": str(refused)}), 422
    flash("已提交市级负责人复核。通过之前，一切仍按原来的规定。")
    return htmx.htmx_redirect(url_for("indicators.versions", family_id=family.id))


@blueprint.get("/<int:family_id>/withdraw/<int:ruling_id>")
@requires(Permission.RULEBOOK_EDIT)
def withdraw_form(family_id: int, ruling_id: int) -> str:
    """The form by which a ruling is withdrawn."""
    family = family_or_404(family_id)
    return _form(family, None, {}, {}, _ruling_or_404(ruling_id, family))


@blueprint.post("/<int:family_id>/withdraw/<int:ruling_id>")
@requires(Permission.RULEBOOK_EDIT)
def propose_withdrawal(family_id: int, ruling_id: int) -> Response | tuple[str, int]:
    """Put the withdrawal before the head of the city."""
    family = family_or_404(family_id)
    ruling = _ruling_or_404(ruling_id, family)
    values = {name: request.form.get(name, "").strip() for name in _FIELDS}
    errors, _ = _read(values, day_wanted=False)
    if errors:
        return _form(family, None, values, errors, ruling), 422
    try:
        services.propose_withdrawal(ruling, document=values["document"], reason=values["reason"])
    except Refused as refused:
        transaction.close()
        return _form(family, None, values, {"": str(refused)}, ruling), 422
    flash("已提交市级负责人复核。通过之前，这一条仍然有效。")
    return htmx.htmx_redirect(url_for("indicators.versions", family_id=family.id))


def _asked_version(family: Family, values: Mapping[str, str]) -> Version | None:
    """The version to be put in force; None: the table is to be retired."""
    if values.get("retire"):
        return None
    return version_or_404(family.id, values.get("version", ""))


def _ruling_or_404(ruling_id: int, family: Family) -> Ruling:
    found = services.ruling_or_none(ruling_id, family.id)
    if found is None:
        abort(404, _GONE)
    return found


def _read(values: Mapping[str, str], *, day_wanted: bool) -> tuple[dict[str, str], date | None]:
    errors: dict[str, str] = {}
    day: date | None = None
    if day_wanted:
        try:
            day = read_day(values["from_on"])
        except ValueError as fault:
            errors["from_on"] = str(fault)
        if day is None and "from_on" not in errors:
            errors["from_on"] = "没有填写日期。请填写，如 2026-01-01。"
    if not values["reason"]:
        errors["reason"] = "没有填写理由。请写明为什么。"
    if len(values["reason"]) > _LONGEST_REASON:
        errors["reason"] = f"理由最多 {_LONGEST_REASON} 个字。请改短。"
    if len(values["document"]) > _LONGEST_DOCUMENT:
        errors["document"] = f"依据文件最多 {_LONGEST_DOCUMENT} 个字。请只填文号。"
    return errors, day


def _form(
    family: Family,
    version: Version | None,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    withdraws: Ruling | None = None,
) -> str:
    table = version.table if version else None
    ruled = find_version(withdraws.version_id) if withdraws and withdraws.version_id else None
    return framed(
        "rule",
        family,
        version=version,
        table=table,
        withdraws=withdraws,
        ruled=ruled,
        values=values,
        errors=errors,
        faults=[(f"f-{name}" if name else "", text) for name, text in errors.items()],
        unverified=unverified_cells(table) if table else 0,
        odd=oddities(table) if table else [],
        pending=waiting(family.id),
        tomorrow=clock.today(),
    )
