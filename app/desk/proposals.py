"""Acts that a second person decides (复核): how they are proposed, told, foreseen, carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from app.approvals import services as approvals
from app.approvals.domain import Kind, Payload, Refused
from app.desk.acts import ACTS
from app.desk.acts.base import WHOLE, Act, moved_on
from app.desk.consequences import foresee
from app.desk.fields import Typed, Values
from app.desk.queries.facts import (
    OpenProposal,
    Subject,
    identity_of,
    open_proposals,
    subject_of_fact,
    subject_of_plant,
    successor_of,
)
from app.kernel import audit, clock
from app.kernel.authority import EVERYTHING, Permission
from app.kernel.permissions import scope_for


def carry_out(act: Act, subject: Subject, values: Values) -> int:
    """Do the act and enter it in the audit log; returns the id of the record it leaves."""
    made = act.perform(subject, values)
    fact_id = made or subject.standing_fact.id
    audit.record(
        act.entry, act.kind, fact_id, dict(act.told(subject, values)), county=subject.plant.county
    )
    return fact_id


def propose(act: Act, subject: Subject, values: Values) -> int:
    """Put the act before a second person; returns the proposal's id."""
    return approvals.propose(
        act.id,
        act.headline(subject, values),
        {
            "plant": subject.plant.plant_id,
            "fact": subject.fact.id if subject.fact else None,
            "county": subject.plant.county,
            "decided_in": _county_of(subject, values),
            "values": act.texts(subject, values),
            "told": act.told(subject, values),
        },
        county=_county_of(subject, values),
        enterprise_id=subject.plant.enterprise_id,
    )


def _county_of(subject: Subject, values: Values) -> str | None:
    """Whose second person decides; what holds in several counties is for the city (None)."""
    is_whole = values.get("reach") == WHOLE or bool(subject.fact and subject.fact.is_whole)
    counties = set(subject.counties) if is_whole else {subject.plant.county}
    return counties.pop() if len(counties) == 1 else None


def waiting(act: Act, subject: Subject, typed: Typed) -> OpenProposal | None:
    """What already waits for a second person and would be in the way of proposing this.

    Any change of the same record, or the same record entered anew.
    """
    texts, plant_id = act.texts(subject, typed.values), subject.plant.plant_id
    for it in open_proposals([it.id for it in ACTS.values() if it.kind == act.kind]):
        if subject.fact is not None:
            is_in_the_way = it.payload["fact"] == subject.fact.id
        else:
            said = it.payload["values"]
            is_in_the_way = (it.kind, it.payload["plant"], said.get("reach")) == (
                act.id, plant_id, texts.get("reach")
            ) and identity_of(act.kind, said) == identity_of(act.kind, texts)  # fmt: skip
        if is_in_the_way:
            return it
    return None


def told_waiting(it: OpenProposal) -> str:
    """Who proposed what stands in the way, and when."""
    return (
        f"“{approvals.title_of(it.kind)}：{it.title}”已由{it.proposer}于 "
        f"{clock.shown(it.proposed_at)} 提交复核，尚未办结。请等待复核，或由提交人撤回后再提交"
    )


def waiting_for(kind: str, fact_id: int) -> list[OpenProposal]:
    """The proposals about a record that wait for a second person."""
    found = open_proposals([it.id for it in ACTS.values() if it.kind == kind])
    return [it for it in found if it.payload["fact"] == fact_id]


# --- What the approvals ask of a kind ----------------------------------------------------------


def _told(payload: Payload) -> Sequence[tuple[str, str]]:
    return [(label, words) for label, words in payload["told"]]


def _subject(act: Act, payload: Payload) -> Subject:
    subject = (
        subject_of_plant(payload["plant"], EVERYTHING)
        if payload["fact"] is None
        else subject_of_fact(act.kind, payload["fact"], EVERYTHING)
    )
    if subject is None:
        raise Refused("所指的厂区或记录已不在册。请退回，由提交人核对后重新提交。")
    if subject.plant.county != payload["county"]:
        raise Refused("该厂区在提交之后变更了区县。请退回，由现区县重新提交。")
    if subject.fact is not None and subject.fact.is_annulled:
        sentence = moved_on(subject.fact, successor_of(subject.fact))
        raise Refused(f"{sentence}提交的内容以它为准，不能再办理。请退回，由提交人重新提交。")
    return subject


def _checked(act: Act, payload: Payload) -> tuple[Subject, Values]:
    """Whom it is about and what is to be done, held against the register of now."""
    subject = _subject(act, payload)
    typed = act.read(subject, payload["values"])
    if typed.errors:
        raise Refused(f"{''.join(typed.errors.values())}请退回，由提交人核对后重新提交。")
    if payload.get("decided_in") not in (None, _county_of(subject, typed.values)):
        raise Refused("该企业在提交之后有了其他区县的厂区。请退回，由市级人员重新提交。")
    return subject, typed.values


def _carry_out(act: Act, payload: Payload) -> int:
    return carry_out(act, *_checked(act, payload))


def _preview(act: Act, payload: Payload) -> tuple[str, Mapping[str, Any]]:
    subject, values = _checked(act, payload)
    seen = foresee(
        lambda: act.perform(subject, values),
        scope_for(Permission.DECISION_CONFIRM),
        named=[subject.plant.plant_id],
    )
    return "desk/_consequences.html", {"consequences": seen}


KINDS = tuple(
    Kind(
        id=act.id,
        title=act.title,
        decided_with=Permission.DECISION_CONFIRM,
        told=_told,
        carry_out=partial(_carry_out, act),
        preview=partial(_preview, act),
    )
    for act in ACTS.values()
    if act.second_person
)
"""Named in PROPOSALS when the app is put together."""
