"""批量修改: one value for many plants, previewed row by row, saved all or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from flask import flash, render_template, request, url_for
from werkzeug import Response

from app.accounts.queries import county_by_code_or_name, list_bureaus
from app.desk.routes.blueprint import blueprint
from app.desk.typed_forms import Input, TypedForm
from app.kernel import audit, clock, htmx
from app.kernel.authority import Permission
from app.kernel.permissions import requires, scope_for
from app.registry.change_rules import Change, ChangeKind, faults
from app.registry.queries import PlantOnRecord, list_plants, situation_of
from app.registry.services import (
    correct_enterprises,
    correct_plants,
    enterprise_entry,
    move_plants,
    plant_entry,
)

FIELDS = {"officer": "经办人", "town": "镇街", "contact": "联系人", "county": "区县"}
_LONGEST = 60
_INPUTS = (
    Input("field", "修改什么", "choice", required=True, options=tuple(FIELDS.items()),
          every="请选择"),
    Input("value", "改为", hint="区县填名称或代码。留空表示清空原有内容（区县不能清空）。"),
    Input("reason", "原因", "long", required=True),
    Input("effective_on", "生效日期", "day", hint="修改区县时填写，不晚于今天。"),
    Input("document", "依据文件", hint="修改区县时必填：文号或名称。"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A plant with the value it has and the one it would have, or why it cannot have it."""

    plant: PlantOnRecord
    before: str
    after: str
    fault: str = ""

    @property
    def changes(self) -> bool:
        """Whether anything would be changed for the plant."""
        return self.before != self.after


def chosen_plants(typed: str) -> tuple[list[PlantOnRecord], int]:
    """The plants whose ids are named and that the person keeps, and how many others were named."""
    ids = {int(it) for it in typed.split(",") if it.isascii() and it.isdecimal() and len(it) < 16}
    found = [it for it in list_plants(scope_for(Permission.REGISTER_EDIT)) if it.plant_id in ids]
    return found, len(ids) - len(found)


def batch_page(plants: Sequence[PlantOnRecord], form: TypedForm | None = None) -> str:
    """What is to be changed for the plants chosen."""
    return render_template(
        "desk/batch_form.html",
        plants=plants,
        ids=",".join(str(it.plant_id) for it in plants),
        form=form or TypedForm.sent(_INPUTS, {"effective_on": str(clock.today())}),
        breadcrumbs=[("企业台账", url_for("portal.register"))],
    )


@blueprint.post("/batch")
@requires(Permission.REGISTER_EDIT)
def batch() -> Response | str | tuple[str, int]:
    """A batch previewed, or saved as it was previewed."""
    step = request.form.get("step", "preview")
    form = TypedForm.sent(_INPUTS, request.form)
    if step == "edit":
        plants, _ = chosen_plants(request.form.get("every_plant") or request.form.get("plants", ""))
        return batch_page(plants, form)
    plants, missing = chosen_plants(request.form.get("plants", ""))
    if missing or not plants:
        form.wrong("", "所选厂区中有的不存在或不在您的权限范围内，请返回企业台账重新选择")
    lines = _judged(plants, form)
    if form.errors:
        return batch_page(plants, form), 422
    if any(line.fault for line in lines):
        return _preview(lines, form, is_other=False), 422
    changed = [line for line in lines if line.changes]
    if step == "confirm" and not changed:
        flash("这一内容已经保存，没有重复登记。")
        return htmx.htmx_redirect(url_for("portal.register"))
    if step == "confirm" and request.form.get("fingerprint") == _fingerprint(lines):
        _save(changed, form)
        flash(f"已修改 {len(changed)} 个厂区的{FIELDS[form.chosen('field')]}。")
        return htmx.htmx_redirect(url_for("portal.register"))
    is_other = step == "confirm"
    shown = _preview(lines, form, is_other=is_other)
    return (shown, 409) if is_other else shown


def _preview(lines: Sequence[Line], form: TypedForm, *, is_other: bool) -> str:
    """Every plant with old and new; where one is refused, a way to go on with the others."""
    refused = [line for line in lines if line.fault]
    field = form.chosen("field")
    return render_template(
        "desk/batch_preview.html",
        lines=[line for line in lines if not line.fault],
        refused=refused,
        changed=sum(line.changes for line in lines if not line.fault),
        label=FIELDS[field],
        of_enterprise=field == "contact",
        counties=len({line.plant.county for line in lines}) if field == "town" else 1,
        ids=",".join(str(line.plant.plant_id) for line in lines if not line.fault),
        every_id=",".join(str(line.plant.plant_id) for line in lines),
        form=form,
        fingerprint=_fingerprint(lines),
        is_other=is_other,
        breadcrumbs=[("企业台账", url_for("portal.register"))],
    )


def _judged(plants: Sequence[PlantOnRecord], form: TypedForm) -> list[Line]:
    """Each plant with its old and new value; what is wrong is noted."""
    field, value = form.chosen("field"), form.text("value")
    if not field:
        form.wrong("field", "请选择要修改的内容")
    if not form.text("reason"):
        form.wrong("reason", "请填写修改的原因")
    if len(value) > _LONGEST:
        form.wrong("value", f"内容有 {len(value)} 个字，超过 {_LONGEST} 个字，请缩短")
    if form.errors:
        return []
    if field != "county":
        return [Line(it, str(getattr(it, field)), value) for it in plants]
    return _judged_counties(plants, value, form)


def _judged_counties(plants: Sequence[PlantOnRecord], value: str, form: TypedForm) -> list[Line]:
    """What is wrong with the form is noted there; what is wrong with one plant, at its line."""
    found = county_by_code_or_name(value) if value else None
    day = form.day("effective_on")
    if found is None:
        form.wrong("value", "请填写本市的区县名称或代码")
    if day is None or day > clock.today():
        form.wrong("effective_on", "请填写不晚于今天的日期；尚未到期的，到期后再批量修改")
    if found is None or day is None:
        return []
    scope = scope_for(Permission.REGISTER_EDIT)
    names = {it.code: it.name for it in list_bureaus("county")}
    county = found.county.code
    lines = []
    for plant in plants:
        fault = ""
        if plant.county != county:
            change = _moving(plant, county, day, form)
            around = situation_of(change, plant, scope)
            for name, sentence in faults(change, around, lambda code: scope.covers(county=code)):
                if name:
                    form.wrong({"county": "value"}.get(name, name), sentence)
                else:
                    fault = sentence
        lines.append(Line(plant, names.get(plant.county, plant.county), names[county], fault))
    return lines


def _moving(plant: PlantOnRecord, county: str, day: date, form: TypedForm) -> Change:
    return Change(
        ChangeKind.MOVE, plant.plant_id, day, form.text("reason"),
        form.text("document")[:100], county=county, town=plant.town,
    )  # fmt: skip


def _fingerprint(lines: Sequence[Line]) -> str:
    """The same while neither the records nor what would be changed has changed."""
    told = [
        (it.plant.plant_id, it.plant.record_id, it.plant.enterprise_record_id, it.before, it.after)
        for it in lines
    ]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:32]


def _save(lines: Sequence[Line], form: TypedForm) -> None:
    field, value = form.chosen("field"), form.text("value")
    if field == "contact":
        correct_enterprises(
            {
                it.plant.enterprise_id: replace(enterprise_entry(it.plant), contact=value)
                for it in lines
            }
        )
    elif field == "county":
        found, day = county_by_code_or_name(value), form.day("effective_on")
        if found is None or day is None:
            raise LookupError("not judged")
        moves = {it.plant.plant_id: _moving(it.plant, found.county.code, day, form) for it in lines}
        move_plants(moves, {it.code: it.name for it in list_bureaus("county")})
    elif field == "officer":
        correct_plants(
            {it.plant.plant_id: replace(plant_entry(it.plant), officer=value) for it in lines}
        )
    else:
        correct_plants(
            {it.plant.plant_id: replace(plant_entry(it.plant), town=value) for it in lines}
        )
    audit.record(
        "plants.batch",
        "register",
        clock.today(),
        {
            "内容": FIELDS[field], "改为": value or "空", "厂区数": len(lines),
            "原因": form.text("reason"), "依据": form.text("document"),
            **({"生效日期": form.text("effective_on")} if field == "county" else {}),
            "厂区": [it.plant.full_name for it in lines][:200],
        },
    )  # fmt: skip
