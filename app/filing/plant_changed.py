"""A plant that changed under its filing (厂区变更): handed over, closed, moved to another county.

Pure. Whoever opens the filing is told at once what changed and what can be done about it; what was
submitted stays with who submitted it, whatever becomes of the plant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.filing.domain import State, Way
from app.filing.queries import Filing

_KEPT = "本企业已提交的版本、存证件和回执照常保留，可以随时查看。"


@dataclass(frozen=True, slots=True)
class PlantChanged:
    """What changed, in a sentence; whether it stops the filing, and whether it may follow."""

    text: str
    stops: bool = True
    may_follow: bool = False
    """Whether the entries may go along to the county where the plant lies now."""


def is_changed(filing: Filing, on: date) -> bool:
    """Whether anything became of the plant that a filing might concern."""
    plant, closed = filing.plant, filing.plant.closed_on
    is_closed = closed is not None and closed <= on
    return filing.is_transferred or is_closed or plant.county != filing.county


def plant_changed(
    filing: Filing, on: date, counties: Mapping[str, str], *, was_submitted: bool
) -> PlantChanged | None:
    """What became of the plant since the filing began; None: nothing that concerns it.

    ``counties``: the names of the counties by their codes.
    """
    if filing.is_transferred:
        return _handed_over(filing, was_submitted=was_submitted)
    closed = filing.plant.closed_on
    if closed is not None and closed <= on:
        return _closed(filing, closed, was_submitted=was_submitted)
    if filing.plant.county != filing.county:
        return _moved(filing, counties, was_submitted=was_submitted)
    return None


def _discard(filing: Filing) -> str:
    is_window = filing.way is Way.WINDOW
    return "请区县窗口作废本次申报。" if is_window else "请作废本次申报。"


def _handed_over(filing: Filing, *, was_submitted: bool) -> PlantChanged:
    over = f"该厂区已转到“{filing.plant.enterprise_name}”名下"
    match filing.state:
        case State.DRAFT:
            theirs = "现企业另行申报，看不到原来填写的内容。"
            text = f"{over}，本次申报不能提交。{_discard(filing)}{theirs}"
        case State.CORRECTING:
            text = f"{over}，不能再由原企业补正提交。请由签署人撤回本次申报。{_KEPT}"
        case State.SUBMITTED:
            text = (
                f"{over}。本次申报办结或撤回以前，现企业不能另行申报；"
                f"不再需要的，请由签署人撤回。{_KEPT}"
            )
        case _:
            return PlantChanged(f"{over}。{_KEPT if was_submitted else ''}", stops=False)
    return PlantChanged(text)


def _closed(filing: Filing, closed: date, *, was_submitted: bool) -> PlantChanged:
    over = f"该厂区已于 {closed} 关闭"
    match filing.state:
        case State.DRAFT:
            mistaken = "关闭登记有误的，请联系所在区县分局更正，更正后可以继续填报。"
            return PlantChanged(f"{over}，不再申报。{_discard(filing)}{mistaken}")
        case State.SUBMITTED | State.CORRECTING:
            return PlantChanged(f"{over}，不再申报。请由签署人撤回本次申报。{_KEPT}")
        case _:
            return PlantChanged(f"{over}。{_KEPT if was_submitted else ''}", stops=False)


def _moved(
    filing: Filing, counties: Mapping[str, str], *, was_submitted: bool
) -> PlantChanged | None:
    now = counties.get(filing.plant.county, filing.plant.county)
    before = counties.get(filing.county, filing.county)
    if not filing.state.is_running:
        return None
    if was_submitted:
        text = f"该厂区已由{before}变更到{now}；本次申报已经提交给{before}，仍在那里办理。"
        return PlantChanged(text, stops=False)
    text = (
        f"该厂区已由{before}变更到{now}，申报须提交给{now}。"
        "已填的内容和材料可以带过去；两地施行的指标表不同的，改交后按提示换用。"
    )
    return PlantChanged(text, may_follow=True)
