"""厂区页: everything about a plant on a day, with the facts it rests on."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import abort, request, url_for

from app.accounts.queries import county_names
from app.kernel import clock
from app.kernel.asked import asked_in
from app.kernel.authority import Permission
from app.kernel.permissions import can, requires, scope_for
from app.kernel.web import page
from app.policy.screens import linked
from app.portal.domain import marks, permit_mark
from app.portal.forms import parameters_of
from app.portal.queries.conditions import RegisterFilter
from app.portal.queries.plant import get_plant_page
from app.portal.routes.blueprint import blueprint
from app.portal.timeline import FactRow, arrange
from app.registry.queries import PlantOnRecord, find_plant


@blueprint.get("/plants/<int:plant_id>")
@requires(Permission.REGISTER_VIEW)
def plant(plant_id: int) -> str:
    """A plant on the day shown, as known at the moment asked for; 404 outside one's reach."""
    asked = asked_in(request.args)
    scope = scope_for(Permission.REGISTER_VIEW)
    found = get_plant_page(plant_id, scope, asked.on, asked.known)
    if found is None:
        return _not_yet_known(plant_id)
    standing, on = found.standing, asked.on
    words = {fact.anchor: _fact_words(fact) for fact in found.facts}
    may_edit = _may_edit(found.plant, as_of_now=asked.known is None)
    is_officer = scope.is_everything or bool(scope.counties)
    history = arrange(found.facts, on, asked.known, named=is_officer)
    day = parameters_of(RegisterFilter(on))
    return page(
        "portal/plant.html",
        found=found,
        plant=found.plant,
        standing=standing,
        marks=marks(standing.basis, standing.banned_until, blocked=standing.blocked),
        statements=[(it, linked(it.reasons, words)) for it in found.statements],
        permit_mark=permit_mark(found.plant.permit_until, on),
        siblings=[
            (
                url_for("portal.plant", plant_id=it.plant.plant_id, **day),
                it.plant.plant_id == plant_id,
                it.plant,
                it.standing,
            )
            for it in found.siblings
        ],
        whole_enterprise=scope.is_everything or found.plant.enterprise_id in scope.enterprises,
        counties=county_names(),
        history=history,
        may_edit=may_edit,
        may_edit_now=may_edit and asked.known is None,
        recording=_recording(found.plant),
        may_open_accounts=asked.known is None and _may_open_accounts(found.plant, on),
        breadcrumbs=[("企业台账", url_for("portal.register", **day))],
        **asked.shown(),
    )


def _may_open_accounts(plant: PlantOnRecord, on: date) -> bool:
    """Whether the person opens accounts for enterprises with a plant there that is at work."""
    if not can(Permission.ACCOUNT_ENTERPRISE) or plant.is_closed(on):
        return False
    return scope_for(Permission.ACCOUNT_ENTERPRISE).covers(county=plant.county)


def _may_edit(plant: PlantOnRecord, *, as_of_now: bool) -> bool:
    """Whether the plant lies now where the person keeps the register."""
    if not can(Permission.REGISTER_EDIT):
        return False
    scope = scope_for(Permission.REGISTER_EDIT)
    if as_of_now:
        return scope.covers(county=plant.county, enterprise_id=plant.enterprise_id)
    return find_plant(plant.plant_id, scope) is not None


_BY_TWO = "由另一人复核后生效"
_RECORDS: tuple[tuple[Permission, str, str, str, dict[str, Any]], ...] = (
    (Permission.FACT_RECORD, "登记违法行为", "依据处罚决定书，保存后立即生效",
     "desk.record_violation", {}),
    (Permission.DECISION_RECORD, "登记虚假材料认定", _BY_TWO, "desk.record_decision",
     {"listed": "findings"}),
    (Permission.DECISION_RECORD, "登记等级", _BY_TWO, "desk.record_decision",
     {"listed": "grades"}),
    (Permission.FILING_WINDOW, "窗口代录申报", "依据企业签名盖章的纸质材料代为录入",
     "filing.window_new", {}),
)  # fmt: skip


def _recording(plant: PlantOnRecord) -> list[tuple[str, str, str]]:
    """What this person can enter for the plant: words, what it means, address."""
    return [
        (words, what, url_for(view, plant_id=plant.plant_id, **more))
        for permission, words, what, view, more in _RECORDS
        if scope_for(permission).covers(county=plant.county)
        and not (permission is Permission.FILING_WINDOW and plant.is_closed(clock.today()))
    ]


def _not_yet_known(plant_id: int) -> str:
    """404, which says so when the plant is within reach and was only entered later."""
    if find_plant(plant_id, scope_for(Permission.REGISTER_VIEW)) is None:
        abort(404)
    abort(404, "按所填时间，该厂区当时尚未登记。请改用较晚的时间，或按现在所知查看。")


def _fact_words(fact: FactRow) -> str:
    document = f"（{fact.document}）" if fact.document else ""
    return f"{fact.day} {fact.title}{document}"
