"""厂区维护: what can be done to a plant, and the changes in its life (厂区变更)."""

from __future__ import annotations

from dataclasses import replace

from flask import abort, flash, render_template, request, url_for
from werkzeug import Response

from app.accounts.queries import list_bureaus
from app.approvals.queries import open_proposals_of
from app.desk.change_forms import (
    EXPLAINED,
    OFFERED,
    at_first,
    inputs_of,
    read_change,
    remarks,
)
from app.desk.queries.plants import count_facts
from app.desk.routes.blueprint import blueprint
from app.desk.routes.places import plant_url
from app.desk.routes.steps import Row, Steps, answer, first_page
from app.desk.typed_forms import Input, TypedForm
from app.grades.queries import standings_on
from app.kernel import clock, htmx
from app.kernel.authority import Permission
from app.kernel.permissions import requires, scope_for
from app.kernel.web import page
from app.ledger.sheets import BY_NAME
from app.registry.change_rules import Change, ChangeKind, Situation, Stage, faults, told
from app.registry.queries import (
    ChangeOnRecord,
    PlantOnRecord,
    find_change,
    find_change_by_form,
    find_plant,
    last_step,
    list_plants,
    numbers_of,
    open_changes,
    plant_now,
    situation_of,
)
from app.registry.services import make_change, withdraw_change

FIELD_LABELS = {
    column.field: column.header for name in ("企业", "厂区") for column in BY_NAME[name].columns
} | {"number": "厂区编号", "enterprise_id": "所属企业"}


@blueprint.app_context_processor
def _labels() -> dict[str, object]:
    return {"field_labels": FIELD_LABELS}


def plant_to_edit(plant_id: int) -> PlantOnRecord:
    """The plant, if the person may change it; 404 otherwise."""
    plant = find_plant(plant_id, scope_for(Permission.REGISTER_EDIT))
    if plant is None:
        abort(404)
    return plant


def crumbs(plant: PlantOnRecord) -> list[tuple[str, str]]:
    """The way to a page about the plant."""
    return [
        ("企业台账", url_for("portal.register")),
        (plant.full_name, plant_url(plant.plant_id)),
    ]


@blueprint.get("/plants/<int:plant_id>")
@requires(Permission.REGISTER_EDIT)
def plant_desk(plant_id: int) -> str:
    """Everything that can be done to the register of a plant."""
    plant = plant_to_edit(plant_id)
    kinds = (ChangeKind.REOPEN,) if plant.closed_on else OFFERED
    return page(
        "desk/plant_desk.html",
        plant=plant,
        kinds=[(kind.words, _change_url(plant_id, kind), EXPLAINED[kind]) for kind in kinds],
        waiting=open_changes([plant_id]),
        county=_county_names().get(plant.county, plant.county),
        breadcrumbs=crumbs(plant),
    )


def _change_url(plant_id: int, kind: ChangeKind) -> str:
    return url_for("desk.plant_change", plant_id=plant_id, kind=str(kind))


def _county_names() -> dict[str, str]:
    return {county.code: county.name for county in list_bureaus("county")}


@blueprint.get("/plants/<int:plant_id>/changes/<kind>")
@requires(Permission.REGISTER_EDIT)
def plant_change_form(plant_id: int, kind: str) -> str:
    """The form of one kind of change."""
    plant, wanted = plant_to_edit(plant_id), _kind(kind)
    first = at_first(wanted, clock.today(), _facts_to_decide(plant, wanted))
    form = TypedForm.sent(_inputs(plant, wanted), first)
    return first_page(_steps(plant, wanted, form))


@blueprint.post("/plants/<int:plant_id>/changes/<kind>")
@requires(Permission.REGISTER_EDIT)
def plant_change(plant_id: int, kind: str) -> Response | str | tuple[str, int]:
    """A change previewed, or made, or planned for its day."""
    plant, wanted = plant_to_edit(plant_id), _kind(kind)
    return answer(_steps(plant, wanted, TypedForm.sent(_inputs(plant, wanted), request.form)))


def _kind(text: str) -> ChangeKind:
    if text not in (*OFFERED, ChangeKind.REOPEN):
        abort(404)
    return ChangeKind(text)


def _inputs(plant: PlantOnRecord, kind: ChangeKind) -> tuple[Input, ...]:
    scope = scope_for(Permission.REGISTER_EDIT)
    siblings = [
        it
        for it in list_plants(scope, enterprise_id=plant.enterprise_id)
        if it.plant_id != plant.plant_id and it.closed_on is None
    ]
    taken, facts = numbers_of(plant.enterprise_id), _facts_to_decide(plant, kind)
    return inputs_of(kind, taken, siblings, _county_names(), facts)


def _facts_to_decide(plant: PlantOnRecord, kind: ChangeKind) -> int:
    is_whole = kind is ChangeKind.TRANSFER
    return count_facts(plant.enterprise_id, None if is_whole else plant.plant_id)


class _Asked:
    """The change as far as the form could be read, and the register around it."""

    def __init__(self, plant: PlantOnRecord, kind: ChangeKind, form: TypedForm) -> None:
        self.plant, self.kind, self.form = plant, kind, form
        self.change: Change | None = None
        self.around: Situation | None = None

    def judge(self) -> None:
        """Read the form and ask the rules."""
        scope = scope_for(Permission.REGISTER_EDIT)
        self.change = read_change(self.kind, self.plant.plant_id, self.form, clock.today())
        self.around = situation_of(self.change, self.plant, scope)
        for name, sentence in faults(
            self.change, self.around, lambda county: scope.covers(county=county)
        ):
            self.form.wrong(name, sentence)

    def survivors(self) -> list[int]:
        """The plant that a merge leaves, to be told of whether or not anything changes for it."""
        chosen = self.form.chosen("survivor_id")
        return [int(chosen)] if chosen else []

    def sure(self) -> tuple[Change, Situation]:
        """Both, once they are judged."""
        if self.change is None or self.around is None:
            raise LookupError("not judged")
        return self.change, self.around

    def act(self) -> str:
        """Make the change, or plan it for its day."""
        change, around = self.sure()
        make_change(change, around, request.form.get("form_key", "")[:64])
        return plant_url(self.plant.plant_id)

    def as_if_today(self) -> None:
        """What a change does on its day, as far as can be told today."""
        change, around = self.sure()
        day = min(change.effective_on, clock.today())
        make_change(replace(change, effective_on=day), around)

    def rows(self) -> list[Row]:
        """What the preview says of the change itself."""
        change, around = self.sure()
        return [
            Row(change.kind.words, "", told(change, around)),
            Row("生效日期", "", str(change.effective_on)),
            Row("原因", "", change.reason),
            Row("依据文件", "", change.document),
        ]

    def remarks(self) -> list[str]:
        """What the preview says beside it."""
        change, _ = self.sure()
        waiting = open_changes([self.plant.plant_id])
        return [
            *remarks(change, self.plant, clock.today()),
            *_grades_of_a_merge(change),
            *(f"本厂区另有{it.stage.words}（{it.effective_on}）：{it.told}。" for it in waiting),
            *(
                f"本企业有待复核事项：{it.title}。"
                for it in open_proposals_of(self.plant.enterprise_id)
            ),
        ]


def _grades_of_a_merge(change: Change) -> list[str]:
    """Two grades become one plant: no clause says which, so nothing is derived from them."""
    if change.survivor_id is None:
        return []
    pair = (change.plant_id, change.survivor_id)
    found = standings_on(pair, clock.today())
    gone, stays = (found[it].grade or "未定级" for it in pair)
    if gone == stays:
        return []
    told = (
        f"两个厂区今天的等级不同：本厂区为 {gone}，继续存在的厂区为 {stays}。合并后应定几级，"
        f"条款未规定：继续存在的厂区保留 {stays}，需要变动的另行登记等级，由另一人复核。"
    )
    return [told]


def _steps(plant: PlantOnRecord, kind: ChangeKind, form: TypedForm) -> Steps:
    asked = _Asked(plant, kind, form)

    def already() -> str | None:
        done = find_change_by_form(request.form.get("form_key", "")[:64])
        return plant_url(plant.plant_id) if done else None

    return Steps(
        title=kind.words,
        form=form,
        judge=asked.judge,
        act=asked.act,
        act_words=f"登记{kind.words}",
        done_words=f"{kind.words}已登记。",
        cancel_url=url_for("desk.plant_desk", plant_id=plant.plant_id),
        plant=plant,
        intro=EXPLAINED[kind],
        rows=asked.rows,
        remarks=asked.remarks,
        already=already,
        rehearsed=asked.as_if_today,
        named=[plant.plant_id, *asked.survivors()],
        breadcrumbs=[
            *crumbs(plant),
            ("办理变更", url_for("desk.plant_desk", plant_id=plant.plant_id)),
        ],
    )


@blueprint.get("/changes/<int:change_id>")
@requires(Permission.REGISTER_EDIT)
def change_page(change_id: int) -> str:
    """A change with its course; one that has not been made can be withdrawn here."""
    change, plant = _change_to_edit(change_id)
    return _change_page(change, plant)


@blueprint.post("/changes/<int:change_id>/withdraw")
@requires(Permission.REGISTER_EDIT)
def withdraw_planned(change_id: int) -> Response | tuple[str, int]:
    """Take back a planned change, or one that could not be made."""
    change, plant = _change_to_edit(change_id)
    reason = request.form.get("reason", "").strip()[:1000]
    url = plant_url(plant.plant_id)
    if change.stage is Stage.WITHDRAWN and change.note == reason:
        flash("该变更已经撤销。")
        return htmx.htmx_redirect(url)
    if change.stage is Stage.WITHDRAWN:
        sentence = f"{last_step(change.id)} 已经撤销该变更。"
        kept = f"您填写的原因没有保存：{reason}" if reason else ""
        return _change_page(change, plant, sentence + kept), 409
    if not change.is_open:
        return _change_page(
            change, plant, "该变更已经生效，不能撤销。如系误登，请办理相反的变更。"
        ), 422
    if not reason:
        return _change_page(change, plant, "请填写撤销的原因。"), 422
    withdraw_change(change_id, reason)
    flash("预定的变更已撤销。")
    return htmx.htmx_redirect(url)


def _change_page(change: ChangeOnRecord, plant: PlantOnRecord, wrong: str = "") -> str:
    return render_template(
        "desk/change_page.html",
        change=change,
        plant=plant,
        wrong=wrong,
        reason=request.form.get("reason", ""),
        breadcrumbs=crumbs(plant),
    )


def _change_to_edit(change_id: int) -> tuple[ChangeOnRecord, PlantOnRecord]:
    change = find_change(change_id)
    if change is None or change.plant_id is None:
        abort(404)
    return change, plant_to_edit(plant_now(change.plant_id).plant_id)
