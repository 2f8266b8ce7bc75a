"""行业、生产线、应急措施: the parts of a plant, each entered, corrected and ended by hand.

The forms are rows of the ledger's sheets. A part is corrected by annulling the old record and
entering a new one; ended by annulling it, with the reason in the audit log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, request, url_for
from werkzeug import Response

from app.desk.routes.blueprint import blueprint
from app.desk.routes.places import plant_url
from app.desk.routes.plants import crumbs, plant_to_edit
from app.desk.routes.steps import Row, Steps, answer, first_page
from app.desk.sheet_forms import MAIN, SheetForm, said
from app.desk.typed_forms import Input, TypedForm
from app.kernel import audit, htmx
from app.kernel.authority import Permission
from app.kernel.permissions import requires
from app.registry import services
from app.registry.domain import IndustryRole
from app.registry.plant_rules import main_industry_fault
from app.registry.queries import (
    Difference,
    PlantOnRecord,
    industries_of,
    lines_of,
    measures_of,
    superseded_part,
)
from app.rulebook.queries import catalogue

_SUBJECT = ("uscc", "plant")


@dataclass(frozen=True, slots=True)
class Part:
    """A sheet whose rows are parts of a plant, with the verbs that write them."""

    words: str
    fields: SheetForm
    entry: type[Any]
    record: Callable[[Sequence[Any]], object]
    correct: Callable[[Mapping[int, Any]], None]


PARTS: Mapping[str, Part] = {
    "industries": Part(
        "行业", SheetForm("行业", _SUBJECT), services.IndustryEntry, services.record_industries,
        services.correct_industries,
    ),
    "lines": Part(
        "生产线", SheetForm("生产线", _SUBJECT), services.LineEntry, services.record_lines,
        services.correct_lines,
    ),
    "measures": Part(
        "应急措施", SheetForm("应急措施", _SUBJECT), services.MeasureEntry,
        services.record_emergency_measures, services.correct_emergency_measures,
    ),
}  # fmt: skip


def standing_parts(part: str, plant_id: int) -> dict[int, dict[str, Any]]:
    """The rows of the part that stand, by the id of the fact."""
    if part == "industries":
        return {
            it.fact_id: {
                "industry": it.industry, "subtype": it.subtype, "role": it.role,
                "gbt_code": it.gbt_code, "capacity": it.capacity,
                "capacity_unit": it.capacity_unit,
            }
            for it in industries_of([plant_id]).get(plant_id, ())
        }  # fmt: skip
    rows: Sequence[Any] = lines_of(plant_id) if part == "lines" else measures_of(plant_id)
    columns = PARTS[part].fields.columns
    return {row.id: {it.field: getattr(row, it.field) for it in columns} for row in rows}


class _OnePart:
    """One row of a part as it is (``fact_id`` None: not yet) and as it would be."""

    def __init__(
        self, plant: PlantOnRecord, part: str, fact_id: int | None, form: TypedForm
    ) -> None:
        self.plant, self.id, self.part, self.form = plant, part, PARTS[part], form
        self.fact_id = fact_id
        self.standing = standing_parts(part, plant.plant_id)
        self.before = self.standing.get(fact_id, {}) if fact_id else {}
        self.values: dict[str, Any] = {}

    @property
    def url(self) -> str:
        """Where to go on."""
        return plant_url(self.plant.plant_id)

    def judge(self) -> None:
        """The row by itself, beside the others of its kind, and against what stands."""
        fields = self.part.fields
        self.values = said(fields.read(self.form), fields.columns)
        if self.form.errors:
            return
        if not self.differences():
            self.form.wrong("", "没有改动任何内容")
        key = fields.spec.own_key(self.values)
        for fact_id, row in self.standing.items():
            if fact_id != self.fact_id and fields.spec.own_key(row) == key:
                self.form.wrong(fields.spec.identity[0], f"本厂区已有同样的{self.part.words}")
        if self.id == "industries":
            self._judge_main()

    def _judge_main(self) -> None:
        """A new main industry takes the place of the present one; none at all is refused."""
        others = [row for i, row in self.standing.items() if i != self.fact_id]
        has_main = self.values["role"] == MAIN or any(row["role"] == MAIN for row in others)
        if not has_main and (wrong := main_industry_fault(())):
            self.form.wrong("role", f"{wrong}；要换主要行业，请把另一个行业改为“主要”")

    def displaced(self) -> dict[int, dict[str, Any]]:
        """The main industry that becomes a reference one, because this one is main."""
        if self.id != "industries" or self.values.get("role") != MAIN:
            return {}
        return {
            i: {**row, "role": str(IndustryRole.REFERENCE)}
            for i, row in self.standing.items()
            if i != self.fact_id and row["role"] == MAIN
        }

    def differences(self) -> list[tuple[str, str, str]]:
        """Label, old and new."""
        return self.part.fields.differences(self.before, self.values)

    def rows(self) -> list[Row]:
        """What the preview shows."""
        labels = catalogue()
        return [
            *(Row(*it) for it in self.differences()),
            *(
                Row(labels.by_id(row["industry"]).label(row["subtype"] or None), MAIN, "参照")
                for row in self.displaced().values()
            ),
        ]

    def act(self) -> str:
        """Enter or replace it; the main industry that gives way first."""
        part, plant_id = self.part, self.plant.plant_id
        for fact_id, row in self.displaced().items():
            part.correct({fact_id: part.entry(plant_id=plant_id, **row)})
        entry = part.entry(plant_id=plant_id, **self.values)
        if self.fact_id is None:
            part.record([entry])
        else:
            part.correct({self.fact_id: entry})
        told = {row.label: f"{row.before or '空'} → {row.after or '空'}" for row in self.rows()}
        audit.record("plant.edited", "plant", plant_id, {"事项": part.words, **told},
                     county=self.plant.county)  # fmt: skip
        return self.url

    def already(self) -> str | None:
        """Whether a row says all of it by now."""
        fields = self.part.fields
        quiet = TypedForm(self.form.inputs, dict(self.form.typed))
        values = said(fields.read(quiet), fields.columns)
        is_there = any(not fields.differences(row, values) for row in self.standing.values())
        return self.url if is_there and not quiet.errors else None

    def judge_end(self) -> None:
        """Ending needs a reason, and leaves a main industry."""
        if not self.form.text("reason"):
            self.form.wrong("reason", "请填写停止使用这一记录的原因")
        if self.id == "industries" and self.before.get("role") == MAIN:
            wrong = main_industry_fault(())
            self.form.wrong("", f"{wrong}；要停用这一行业，请先把另一个行业改为“主要”")

    def act_end(self) -> str:
        """Annul it."""
        part, plant_id = self.part, self.plant.plant_id
        if self.fact_id is None:
            raise LookupError("nothing to end")
        services.end_parts(part.entry, plant_id, [self.fact_id])
        told = {row.label: row.before for row in self.rows_end() if row.before}
        detail = {"事项": f"停用{part.words}", **told, "原因": self.form.text("reason")}
        audit.record("plant.edited", "plant", plant_id, detail, county=self.plant.county)
        return self.url

    def rows_end(self) -> list[Row]:
        """What would no longer stand."""
        return [
            Row(label, old, "") for label, old, _ in self.part.fields.differences(self.before, {})
        ]


def _part(part: str) -> Part:
    if part not in PARTS:
        abort(404)
    return PARTS[part]


def _moved_on(plant_id: int, part_id: str, fact_id: int | None) -> tuple[int | None, Any]:
    """The record that stands now in place of the one asked for, and how they differ."""
    standing, part = standing_parts(part_id, plant_id), _part(part_id)
    if fact_id is None or fact_id in standing:
        return fact_id, None
    found = superseded_part(part_id, plant_id, fact_id)
    if found is None:
        abort(404)
    old = found.record
    while found.successor is not None and found.successor.id not in standing:
        again = superseded_part(part_id, plant_id, found.successor.id)
        if again is None:
            break
        found = again
    if found.successor is None:
        return None, [Difference(part.words, "记录", "在用", "停用", found.at, found.by)]
    rows = ({it.field: getattr(one, it.field) for it in part.fields.columns}
            for one in (old, found.successor))  # fmt: skip
    return found.successor.id, [
        Difference(part.words, label, old, new, found.at, found.by)
        for label, old, new in part.fields.differences(*rows)
    ]


def _steps(plant_id: int, part_id: str, asked_id: int | None, *, sent: bool) -> Steps:
    plant, part = plant_to_edit(plant_id), _part(part_id)
    fact_id, moved = _moved_on(plant_id, part_id, asked_id)
    values = standing_parts(part_id, plant_id)[fact_id] if fact_id else {}
    form = TypedForm.sent(part.fields.inputs(), request.form if sent else part.fields.typed(values))
    one = _OnePart(plant, part_id, fact_id, form)
    verb = "新增" if fact_id is None else "修改"
    intro = ""
    if part_id == "industries":
        intro = "每个厂区有且只有一个主要行业。把另一个行业定为“主要”时，原来的主要行业改为“参照”。"
    return Steps(
        title=f"{verb}{part.words}",
        form=form,
        judge=one.judge,
        act=one.act,
        act_words=f"保存{part.words}",
        done_words=f"{part.words}已保存。",
        cancel_url=one.url,
        plant=plant,
        intro=intro,
        rows=one.rows,
        moved=moved,
        action=_form_url(plant_id, part_id, fact_id),
        already=one.already,
        named=[plant_id],
        breadcrumbs=crumbs(plant),
        shows_consequences=part_id == "industries",
    )


def _form_url(plant_id: int, part_id: str, fact_id: int | None, what: str = "edit_part") -> str:
    if fact_id is None:
        return url_for("desk.new_part", plant_id=plant_id, part=part_id)
    return url_for(f"desk.{what}", plant_id=plant_id, part=part_id, fact_id=fact_id)


def _ending(plant_id: int, part_id: str, asked_id: int) -> Steps | None:
    """None: it has been ended already."""
    plant, part = plant_to_edit(plant_id), _part(part_id)
    fact_id, moved = _moved_on(plant_id, part_id, asked_id)
    if fact_id is None:
        return None
    reason = Input("reason", "原因", "long", required=True)
    one = _OnePart(plant, part_id, fact_id, TypedForm.sent((reason,), request.form))
    return Steps(
        title=f"停用{part.words}",
        form=one.form,
        judge=one.judge_end,
        act=one.act_end,
        act_words=f"停用{part.words}",
        done_words=f"{part.words}已停用，记录保留。",
        cancel_url=one.url,
        plant=plant,
        intro="停用以后不再列出，记录不删除，按此前所知仍可查看。",
        rows=one.rows_end,
        moved=moved,
        action=_form_url(plant_id, part_id, fact_id, "end_part"),
        named=[plant_id],
        breadcrumbs=crumbs(plant),
        shows_consequences=part_id == "industries",
    )


@blueprint.get("/plants/<int:plant_id>/parts/<part>/new")
@requires(Permission.REGISTER_EDIT)
def new_part_form(plant_id: int, part: str) -> str:
    """An industry, line or measure to be added."""
    return first_page(_steps(plant_id, part, None, sent=False))


@blueprint.post("/plants/<int:plant_id>/parts/<part>/new")
@requires(Permission.REGISTER_EDIT)
def new_part(plant_id: int, part: str) -> Response | str | tuple[str, int]:
    """Preview or save it."""
    return answer(_steps(plant_id, part, None, sent=True))


@blueprint.get("/plants/<int:plant_id>/parts/<part>/<int:fact_id>")
@requires(Permission.REGISTER_EDIT)
def edit_part_form(plant_id: int, part: str, fact_id: int) -> str:
    """An industry, line or measure to be corrected."""
    return first_page(_steps(plant_id, part, fact_id, sent=False))


@blueprint.post("/plants/<int:plant_id>/parts/<part>/<int:fact_id>")
@requires(Permission.REGISTER_EDIT)
def edit_part(plant_id: int, part: str, fact_id: int) -> Response | str | tuple[str, int]:
    """Preview or save it."""
    return answer(_steps(plant_id, part, fact_id, sent=True))


@blueprint.get("/plants/<int:plant_id>/parts/<part>/<int:fact_id>/end")
@requires(Permission.REGISTER_EDIT)
def end_part_form(plant_id: int, part: str, fact_id: int) -> str:
    """One that is no more."""
    steps = _ending(plant_id, part, fact_id)
    if steps is None:
        abort(404)
    return first_page(steps)


@blueprint.post("/plants/<int:plant_id>/parts/<part>/<int:fact_id>/end")
@requires(Permission.REGISTER_EDIT)
def end_part(plant_id: int, part: str, fact_id: int) -> Response | str | tuple[str, int]:
    """Preview or end it."""
    steps = _ending(plant_id, part, fact_id)
    if steps is None:
        flash("该记录已经停用，没有重复办理。")
        return htmx.htmx_redirect(plant_url(plant_id))
    return answer(steps)
