"""What the office puts before a second person: windows of filing (申报期的复核)."""

from __future__ import annotations

from collections.abc import Sequence

from app.approvals.domain import Kind, Payload
from app.filing.queries.windows import find_window
from app.filing.services.periods import ACTS, CHANGE, PERIOD, WITHDRAW, carry_out, read_act
from app.kernel.authority import Permission


def _told(payload: Payload) -> Sequence[tuple[str, str]]:
    act = read_act(payload)
    it = act.wanted
    told = [
        ("事项", ACTS[act.act]),
        ("年度", f"{it.year} 年"),
        ("申报类型", it.kind.words),
        ("第一天", it.from_on.isoformat()),
        ("最后一天（当日可以申报）", it.until_on.isoformat()),
    ]
    before = find_window(act.window_id) if act.window_id is not None else None
    if act.act == CHANGE and before is not None:
        told.append(("原申报期", before.window.words))
    told += [("文号", act.document or "—"), ("理由", act.reason)]
    after = (
        "撤销后按“未设定申报期”办理，原记录保留备查"
        if act.act == WITHDRAW
        else "通过后即按新的申报期受理，申报期外不能开始或提交该类申报"
    )
    return [*told, ("效果", after)]


KIND = Kind(
    id=PERIOD,
    title="申报期设定",
    decided_with=Permission.FILING_PERIOD,
    told=_told,
    carry_out=carry_out,
)
