"""重复企业: likely doubles, and putting their merger before a second person."""

from __future__ import annotations

from flask import abort, request, url_for
from werkzeug import Response

from app.approvals import services as approvals
from app.approvals.domain import Refused
from app.approvals.queries import open_proposals_of
from app.desk.account_follow import accounts_remark
from app.desk.merging import KIND_ID, Merger, carry_out, is_within, likely_pairs, merger_of
from app.desk.routes.blueprint import blueprint
from app.desk.routes.steps import Row, Steps, answer, first_page
from app.desk.typed_forms import Input, TypedForm
from app.kernel.authority import Permission
from app.kernel.permissions import requires, scope_for
from app.kernel.web import page
from app.registry.queries import list_plants

_INPUTS = (
    Input("reason", "原因", "long", required=True),
    Input("document", "依据文件", required=True,
          hint="能证明是同一企业的文件，例如营业执照变更记录。"),
)  # fmt: skip
_HANDED_ON = (
    "前一家适用于全部厂区的违法行为和虚假材料，改为分别登记在它现有的每个厂区，"
    "原登记作废，文号保留；受其限制的仍是原来的厂区。"
)
_REMARKS = (_HANDED_ON, "后一家适用于全部厂区的记录，对并入的厂区同样适用。")


@blueprint.get("/enterprises/duplicates")
@requires(Permission.REGISTER_EDIT)
def duplicates() -> str:
    """Enterprises that may be on record twice."""
    pairs = likely_pairs(list_plants(scope_for(Permission.REGISTER_EDIT)))
    return page(
        "desk/duplicates.html",
        pairs=pairs,
        breadcrumbs=[("企业台账", url_for("portal.register"))],
    )


@blueprint.get("/enterprises/<int:gone_id>/merge-into/<int:stays_id>")
@requires(Permission.REGISTER_EDIT)
def merge_form(gone_id: int, stays_id: int) -> str:
    """Which stays, which goes, and why."""
    return first_page(_steps(gone_id, stays_id, TypedForm.sent(_INPUTS, {})))


@blueprint.post("/enterprises/<int:gone_id>/merge-into/<int:stays_id>")
@requires(Permission.REGISTER_EDIT)
def merge(gone_id: int, stays_id: int) -> Response | str | tuple[str, int]:
    """Preview the merger, or put it before a second person."""
    return answer(_steps(gone_id, stays_id, TypedForm.sent(_INPUTS, request.form)))


def _merger(gone_id: int, stays_id: int) -> Merger:
    scope = scope_for(Permission.REGISTER_EDIT)
    try:
        merger = merger_of(gone_id, stays_id)
    except Refused:
        abort(404)
    seen = [
        any(scope.covers(county=it.county) for it in plants)
        for plants in (merger.gone, merger.stays)
    ]
    if not all(seen):
        abort(404)
    return merger


def _steps(gone_id: int, stays_id: int, form: TypedForm) -> Steps:
    merger = _merger(gone_id, stays_id)
    numbers = merger.numbers()
    moves = [
        Row(it.full_name, f"{it.uscc} 厂区 {it.number}",
            f"{merger.stays[0].uscc} 厂区 {numbers[it.plant_id]}")
        for it in merger.gone
    ]  # fmt: skip
    payload = {
        "gone": gone_id,
        "stays": stays_id,
        "county": merger.county,
        "sentence": merger.sentence,
        "plants": "；".join(f"{row.label} → 厂区 {row.after.split()[-1]}" for row in moves),
        "reason": form.text("reason"),
        "document": form.text("document")[:100],
    }

    def judge() -> None:
        for it in _INPUTS:
            if not form.text(it.name):
                form.wrong(it.name, f"请填写{it.label}")
        if not is_within(merger, scope_for(Permission.REGISTER_EDIT)):
            form.wrong("", "两家企业有厂区在其他区县，请由市级人员办理")
        if _waiting(gone_id):
            form.wrong("", "该企业的归并已经提交复核，请等待复核结果")

    def act() -> str:
        proposal = approvals.propose(
            KIND_ID, merger.sentence[:200], payload, county=merger.county, enterprise_id=gone_id
        )
        return f"/approvals/{proposal}"

    def already() -> str | None:
        waiting = _waiting(gone_id)
        return f"/approvals/{waiting}" if waiting else None

    return Steps(
        title="归并重复企业",
        form=form,
        judge=judge,
        act=act,
        act_words="提交复核",
        done_words="归并已提交，由另一位人员复核后生效。",
        cancel_url=url_for("desk.duplicates"),
        intro=f"{merger.sentence}。前一家的登记不再保留，厂区和各项记录归到后一家；"
        "按前一家代码填写的旧台账仍可识别。要保留前一家的，请返回选择另一方向。",
        rows=lambda: moves,
        remarks=lambda: (*_REMARKS, *accounts_remark(merger.gone[0].uscc)),
        already=already,
        rehearsed=lambda: carry_out(payload),
        named=[it.plant_id for it in merger.gone],
        breadcrumbs=[("企业台账", url_for("portal.register")),
                     ("重复企业", url_for("desk.duplicates"))],
    )  # fmt: skip


def _waiting(gone_id: int) -> int | None:
    found = (it.id for it in open_proposals_of(gone_id) if it.kind == KIND_ID)
    return next(found, None)
