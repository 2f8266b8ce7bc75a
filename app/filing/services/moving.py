"""A filing taken back, given up, taken up, returned, closed (撤回、作废、受理、退回、办结)."""

from __future__ import annotations

from app.approvals.domain import Overtaken, Refused
from app.filing.domain import State
from app.filing.queries import entered_by, steps_of, submissions_of
from app.filing.services.course import changed, enter, held, move, note_step
from app.kernel import clock
from app.kernel.transaction import transaction


def withdraw(filing_id: int, reason: str) -> None:
    """Take a submitted filing back before the county has taken it up. Raises Refused."""
    filing = held(filing_id)
    if filing.state is State.SUBMITTED and (taken := _taken_up(filing_id)):
        raise Overtaken(f"{taken}，不能自行撤回。需要撤回的，请联系所在区县分局退回。")
    move(filing, "withdraw", reason)
    enter("filing.withdrawn", filing, {"理由": reason.strip()})


def _taken_up(filing_id: int) -> str:
    """Who took the last submission up, and when; empty: nobody."""
    for step in reversed(steps_of(filing_id)):
        if step.action == "take_up":
            return f"该申报已由{step.done_by_name}于 {clock.shown(step.done_at)} 受理"
        if step.action == "submit":
            break
    return ""


def discard(filing_id: int, reason: str) -> None:
    """Give a draft up; it stays on record. Raises Refused."""
    filing = held(filing_id)
    move(filing, "discard", reason)
    enter("filing.discarded", filing, {"原因": reason.strip()})


def follow_county(filing_id: int) -> None:
    """Hand a draft on to the county where its plant lies now; the entries stay. Raises Refused.

    What was submitted stays with the county it was submitted to.
    """
    filing = held(filing_id)
    if filing.state is not State.DRAFT or submissions_of(filing_id):
        raise Overtaken("这件申报已经提交过，仍由原来的区县办理，不能改交。请刷新页面查看。")
    if filing.is_transferred:
        raise Overtaken("该厂区已转到另一企业名下，不能改交。请刷新页面查看。")
    if filing.plant.county == filing.county:
        raise Overtaken("这件申报已经由厂区现在的区县办理。请刷新页面查看。")
    changed(filing, county=filing.plant.county)
    enter(
        "filing.county_followed", filing, {"原区县": filing.county, "现区县": filing.plant.county}
    )


def take_up(filing_id: int) -> None:
    """The county begins to look at a submission (受理): from now on it is not withdrawn.

    For the stage that reviews. Raises Refused.
    """
    filing = held(filing_id)
    _refuse_own_entry(filing_id)
    if filing.state is not State.SUBMITTED:
        raise Overtaken(f"该申报{filing.state.words}，不能受理。请刷新页面查看最新状态。")
    if not _taken_up(filing_id):
        note_step(filing_id, "take_up", State.SUBMITTED)
        enter("filing.taken_up", filing, {})


def send_back(filing_id: int, reason: str) -> None:
    """Return a submission for correction (退回补正); for the stage that reviews. Raises Refused."""
    filing = held(filing_id)
    _refuse_own_entry(filing_id)
    move(filing, "return", reason)
    enter("filing.returned", filing, {"理由": reason.strip()})


def close(filing_id: int, reason: str = "") -> None:
    """The filing has come to its end (办结); for the stage that reviews. Raises Refused."""
    filing = held(filing_id)
    _refuse_own_entry(filing_id)
    move(filing, "close", reason)
    enter("filing.closed", filing, {"结果": reason.strip()})


def _refuse_own_entry(filing_id: int) -> None:
    """Who entered a filing at the window does not review it."""
    if transaction().actor_id in entered_by(filing_id):
        raise Refused("这件申报由您代为录入，不能再由您审核。请由另一位工作人员办理。")
