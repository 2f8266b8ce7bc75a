"""企业与厂区信息: the plain fields, and new enterprises and plants (修改信息、新增)."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from flask import request, url_for
from werkzeug import Response

from app.desk.account_follow import accounts_remark, propose_following
from app.desk.routes.blueprint import blueprint
from app.desk.routes.places import plant_url
from app.desk.routes.plants import crumbs, plant_to_edit
from app.desk.routes.steps import Row, Steps, answer, first_page
from app.desk.sheet_forms import MAIN, SheetForm, said
from app.desk.typed_forms import TypedForm
from app.kernel import audit
from app.kernel.authority import Permission
from app.kernel.permissions import requires, scope_for
from app.registry.change_rules import free_number
from app.registry.plant_rules import likely_place, own_permit, possible_place
from app.registry.queries import (
    PlantOnRecord,
    enterprise_with_code,
    first_entered,
    numbers_of,
)
from app.registry.services import (
    EnterpriseEntry,
    IndustryEntry,
    PlantEntry,
    correct_enterprises,
    correct_plants,
    enterprise_entry,
    plant_entry,
    record_industries,
    register_enterprises,
    register_plants,
)

_BY_CHANGE = ("uscc", "plant", "name", "county", "closed_on")
"""Fields of a plant that change by a dated change only."""
PLANT_FIELDS = SheetForm("厂区", without=_BY_CHANGE)
ENTERPRISE_FIELDS = SheetForm("企业", without=("name",))
NEW_ENTERPRISE = SheetForm("企业", prefix="e_")
NEW_PLANT = SheetForm("厂区", without=("uscc", "closed_on"), prefix="p_")
MAIN_INDUSTRY = SheetForm("行业", without=("uscc", "plant", "role"), prefix="i_")


class _Edit:
    """The plain fields of a plant or its enterprise, as they are and as they would be."""

    def __init__(self, plant: PlantOnRecord, fields: SheetForm, form: TypedForm) -> None:
        self.plant, self.fields, self.form = plant, fields, form
        self.of_plant = fields is PLANT_FIELDS
        self.before = asdict(plant_entry(plant) if self.of_plant else enterprise_entry(plant))
        self.values: dict[str, Any] = {}

    def judge(self) -> None:
        """The rules of the ledger, on what differs from the register."""
        self.values = said(self.fields.read(self.form), self.fields.columns)
        if self.form.errors:
            return
        if self.of_plant:
            if self._alters("longitude", "latitude"):
                self._note(possible_place(self.values))
            if self._alters("permit_number"):
                self._note(own_permit(self.values, self.plant.uscc))
        elif self._alters("uscc") and enterprise_with_code(self.values["uscc"]) is not None:
            self.form.wrong("uscc", "另一家企业已登记这一代码，请核对；重复登记的请办理归并")
        if not self.form.errors and not self.differences():
            self.form.wrong("", "没有改动任何内容")

    def _alters(self, *names: str) -> bool:
        return any(self.values.get(name) != self.before.get(name) for name in names)

    def _note(self, found: Any) -> None:
        for name, sentence in found:
            self.form.wrong(name, sentence)

    def differences(self) -> list[tuple[str, str, str]]:
        """Label, old and new."""
        return self.fields.differences(self.before, self.values)

    def already(self) -> str | None:
        """Whether the register says so by now."""
        quiet = TypedForm(self.form.inputs, dict(self.form.typed))
        values = said(self.fields.read(quiet), self.fields.columns)
        is_same = not quiet.errors and not self.fields.differences(self.before, values)
        return self.url if is_same else None

    @property
    def url(self) -> str:
        """Where to go on."""
        return plant_url(self.plant.plant_id)

    def act(self) -> str:
        """Replace what is said."""
        if self.of_plant:
            entry = replace(plant_entry(self.plant), **self.values)
            correct_plants({self.plant.plant_id: entry})
        else:
            of_enterprise = replace(enterprise_entry(self.plant), **self.values)
            correct_enterprises({self.plant.enterprise_id: of_enterprise})
            self._follow(of_enterprise)
        subject = ("plant", self.plant.plant_id)
        told = {label: f"{old or '空'} → {new or '空'}" for label, old, new in self.differences()}
        action = "plant.edited" if self.of_plant else "enterprise.edited"
        audit.record(action, subject[0], subject[1], told, county=self.plant.county)
        return self.url

    def _follow(self, now: EnterpriseEntry) -> None:
        """Accounts go by the code: who acts for the old one is to be given the new one."""
        if now.uscc != self.plant.uscc:
            why = f"“{now.name}”的统一社会信用代码由 {self.plant.uscc} 改为 {now.uscc}"
            propose_following(self.plant.uscc, now.uscc, self.plant.enterprise_id, why)

    def remarks(self) -> list[str]:
        """What is allowed and odd."""
        if self.of_plant:
            return [sentence for _, sentence in likely_place(self.values)]
        return accounts_remark(self.plant.uscc) if self._alters("uscc") else []


def _edit(plant_id: int, fields: SheetForm, *, sent: bool) -> Steps:
    plant = plant_to_edit(plant_id)
    of_plant = fields is PLANT_FIELDS
    values = asdict(plant_entry(plant) if of_plant else enterprise_entry(plant))
    form = TypedForm.sent(fields.inputs(), request.form if sent else fields.typed(values))
    edit = _Edit(plant, fields, form)
    return Steps(
        title="修改厂区信息" if of_plant else "修改企业信息",
        form=form,
        judge=edit.judge,
        act=edit.act,
        act_words="保存修改",
        done_words="修改已保存。",
        cancel_url=edit.url,
        plant=plant,
        intro="厂区名称、编号、区县和关闭由“办理变更”修改。"
        if of_plant
        else "企业名称由“办理变更”修改。修改适用于该企业的全部厂区。",
        rows=lambda: [Row(*it) for it in edit.differences()],
        remarks=edit.remarks,
        already=edit.already,
        named=[plant_id],
        breadcrumbs=crumbs(plant),
    )


@blueprint.get("/plants/<int:plant_id>/edit")
@requires(Permission.REGISTER_EDIT)
def edit_plant_form(plant_id: int) -> str:
    """The plain fields of a plant."""
    return first_page(_edit(plant_id, PLANT_FIELDS, sent=False))


@blueprint.post("/plants/<int:plant_id>/edit")
@requires(Permission.REGISTER_EDIT)
def edit_plant(plant_id: int) -> Response | str | tuple[str, int]:
    """Preview or save them."""
    return answer(_edit(plant_id, PLANT_FIELDS, sent=True))


@blueprint.get("/plants/<int:plant_id>/enterprise")
@requires(Permission.REGISTER_EDIT)
def edit_enterprise_form(plant_id: int) -> str:
    """The plain fields of the plant's enterprise."""
    return first_page(_edit(plant_id, ENTERPRISE_FIELDS, sent=False))


@blueprint.post("/plants/<int:plant_id>/enterprise")
@requires(Permission.REGISTER_EDIT)
def edit_enterprise(plant_id: int) -> Response | str | tuple[str, int]:
    """Preview or save them."""
    return answer(_edit(plant_id, ENTERPRISE_FIELDS, sent=True))


class _New:
    """A new plant with its main industry, of an enterprise on record or of a new one."""

    def __init__(self, owner: PlantOnRecord | None, form: TypedForm) -> None:
        self.owner, self.form = owner, form
        self.enterprise: dict[str, Any] = {}
        self.plant: dict[str, Any] = {}
        self.industry: dict[str, Any] = {}

    def judge(self) -> None:
        """The rules of the ledger."""
        if self.owner is None:
            self.enterprise = NEW_ENTERPRISE.read(self.form)
        self.plant, self.industry = NEW_PLANT.read(self.form), MAIN_INDUSTRY.read(self.form)
        uscc = self.owner.uscc if self.owner else self.enterprise.get("uscc")
        for name, sentence in (*possible_place(self.plant), *own_permit(self.plant, uscc)):
            self.form.wrong(f"p_{name}", sentence)
        county = self.plant.get("county")
        if county and not scope_for(Permission.REGISTER_EDIT).covers(county=county):
            self.form.wrong("p_county", "该区县不在您的权限范围内，请由所在区县或市级人员办理")
        taken = numbers_of(self.owner.enterprise_id) if self.owner else frozenset()
        if self.plant.get("plant") in taken:
            free = free_number(taken)
            self._taken("p_plant", self.plant["plant"], f"请换一个编号，例如 {free}")
        if self.owner is None and uscc and enterprise_with_code(uscc) is not None:
            self._taken("e_uscc", "", "请在它的厂区页“企业的厂区”中新增")

    def _taken(self, name: str, number: str, instead: str) -> None:
        """The number or code is on record: by an old act, or by somebody who was faster."""
        owner = self.owner.enterprise_id if self.owner else None
        held = owner or enterprise_with_code(self.enterprise["uscc"])
        what = "企业已有或曾有这一编号的厂区" if number else "该代码的企业已经登记"
        who = first_entered(held, number) if held is not None else ""
        sentence = f"{what}（{who} 登记）。{instead}"
        refuse = self.form.taken if request.form.get("step") == "confirm" else self.form.wrong
        refuse(name, sentence)

    def act(self) -> str:
        """Enter what is new."""
        if self.owner:
            enterprise_id = self.owner.enterprise_id
        else:
            (enterprise_id,) = register_enterprises([EnterpriseEntry(**self.enterprise)])
        values = {name: value for name, value in self.plant.items() if name != "plant"}
        (plant_id,) = register_plants(
            [PlantEntry(enterprise_id=enterprise_id, number=self.plant["plant"], **values)]
        )
        industry = {"subtype": "", **self.industry}
        record_industries([IndustryEntry(plant_id=plant_id, role=MAIN, **industry)])
        action = "plant.registered" if self.owner else "enterprise.registered"
        told = {row.label: row.after for row in self.rows()}
        audit.record(action, "plant", plant_id, told, county=self.plant["county"])
        return plant_url(plant_id)

    def rows(self) -> list[Row]:
        """Everything that would be entered."""
        parts = [(NEW_PLANT, self.plant, "厂区"), (MAIN_INDUSTRY, self.industry, "主要行业")]
        if self.owner is None:
            parts.insert(0, (NEW_ENTERPRISE, self.enterprise, "企业"))
        return [
            Row(f"{of}：{label}" if of != "主要行业" or label != "行业" else "主要行业", "", new)
            for fields, values, of in parts
            for label, _, new in fields.differences({}, values)
        ]

    def remarks(self) -> list[str]:
        """What is odd, and what a new plant is."""
        odd = [sentence for _, sentence in likely_place(self.plant)]
        return [*odd, "新厂区未定级，须自行申报；适用于企业全部厂区的记录对它同样适用。"]


def _new(owner: PlantOnRecord | None, form_data: Any) -> Steps:
    inputs = (*NEW_PLANT.inputs(), *MAIN_INDUSTRY.inputs())
    if owner is None:
        inputs = (*NEW_ENTERPRISE.inputs(), *inputs)
    form = TypedForm.sent(inputs, form_data)
    new = _New(owner, form)
    back = plant_url(owner.plant_id) if owner else url_for("portal.register")
    return Steps(
        title="新增厂区" if owner else "新增企业",
        form=form,
        judge=new.judge,
        act=new.act,
        act_words="登记厂区" if owner else "登记企业和厂区",
        done_words="已登记。其他行业、生产线和应急措施可在本页继续填写。",
        cancel_url=back,
        intro=f"为 {owner.enterprise_name}（{owner.uscc}）新增一个厂区。"
        if owner
        else "登记一家企业和它的第一个厂区；同一企业的其他厂区在登记以后新增。",
        rows=new.rows,
        remarks=new.remarks,
        breadcrumbs=crumbs(owner) if owner else [("企业台账", url_for("portal.register"))],
    )


@blueprint.get("/plants/<int:plant_id>/new-plant")
@requires(Permission.REGISTER_EDIT)
def new_plant_form(plant_id: int) -> str:
    """Another plant of the same enterprise."""
    plant = plant_to_edit(plant_id)
    number = free_number(numbers_of(plant.enterprise_id))
    return first_page(_new(plant, {"p_plant": number, "p_county": plant.county}))


@blueprint.post("/plants/<int:plant_id>/new-plant")
@requires(Permission.REGISTER_EDIT)
def new_plant(plant_id: int) -> Response | str | tuple[str, int]:
    """Preview or save it."""
    return answer(_new(plant_to_edit(plant_id), request.form))


@blueprint.get("/enterprises/new")
@requires(Permission.REGISTER_EDIT)
def new_enterprise_form() -> str:
    """A new enterprise with its first plant."""
    return first_page(_new(None, {"p_plant": "001"}))


@blueprint.post("/enterprises/new")
@requires(Permission.REGISTER_EDIT)
def new_enterprise() -> Response | str | tuple[str, int]:
    """Preview or save it."""
    return answer(_new(None, request.form))
