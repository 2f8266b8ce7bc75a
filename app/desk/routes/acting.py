"""One way through every act on a fact: form → preview with its consequences → done.

A form is sent to its own address with ``step``: ``preview`` (nothing said), ``again`` back to the
form, ``confirm`` with the fingerprint of the preview. What was typed is kept throughout.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, request, url_for
from werkzeug import Response

from app.approvals.domain import Refused
from app.desk.acts.base import Act, moved_on, whose
from app.desk.consequences import Consequences, foresee
from app.desk.fields import Typed
from app.desk.proposals import carry_out, propose, told_waiting, waiting
from app.desk.queries.facts import Fact, Subject, successor_of
from app.desk.routes.places import crumbs, fact_url, plant_url, proposal_url
from app.kernel import htmx
from app.kernel.web import page
from app.supervision.rules import reaches_all

Answer = str | Response | tuple[str, int]


def attend(act: Act, subject: Subject | None) -> Answer:
    """Answer a request to an act's address; ``subject`` None: not within reach."""
    if subject is None:
        abort(404)
    fact, sent = subject.fact, dict(request.form.items())
    if fact is not None and fact.is_whole and not reaches_all(subject.reach, subject.counties):
        abort(403, "该记录适用于企业全部厂区，而该企业有厂区不在您的区县。请由市局办理。")
    if fact is not None and fact.is_annulled:
        return _moved_on(act, subject, fact, sent)
    if request.method == "GET":
        return _form(act, subject, Typed(act.texts(subject, act.initial(subject))))
    typed = act.read(subject, sent)
    if sent.get("step") == "again":
        return _form(act, subject, Typed(typed.texts))
    if typed.taken is not None:
        return _form(act, subject, typed, there=fact_url(act.kind, typed.taken)), 409
    if typed.errors:
        return _form(act, subject, typed), 422
    if act.second_person and (other := waiting(act, subject, typed)) is not None:
        typed.refuse("", told_waiting(other))
        return _form(act, subject, typed, there=proposal_url(other.id)), 409
    return _foreseen(act, subject, typed, sent)


def _foreseen(act: Act, subject: Subject, typed: Typed, sent: Mapping[str, str]) -> Answer:
    """Show what would change; done when that is what was confirmed."""
    seen = foresee(lambda: act.perform(subject, typed.values), subject.reach, named=_named(subject))
    if sent.get("step") != "confirm":
        return _preview(act, subject, typed, seen)
    if sent.get("seen", "") != seen.fingerprint:
        return _preview(act, subject, typed, seen, is_outdated=True), 409
    return _done(act, subject, typed)


def _named(subject: Subject) -> list[int]:
    return [subject.plant.plant_id]


def _done(act: Act, subject: Subject, typed: Typed) -> Answer:
    if not act.second_person:
        fact_id = carry_out(act, subject, typed.values)
        flash(f"{act.title}：已保存，{whose(subject, typed.values)}的等级与状态已随之更新。")
        return htmx.htmx_redirect(fact_url(act.kind, fact_id))
    try:
        proposal_id = propose(act, subject, typed.values)
    except Refused as refused:
        typed.refuse("", str(refused))
        return _form(act, subject, typed), 422
    flash("已提交复核，由另一位有复核权限的人员通过后生效。此前登记簿不变。")
    return htmx.htmx_redirect(proposal_url(proposal_id))


def _form(act: Act, subject: Subject, typed: Typed, *, there: str = "") -> str:
    """The form as typed; ``there``: the page of what is in the way."""
    return page(
        "desk/act.html",
        act=act,
        fields=act.fields(subject),
        typed=typed,
        problems=[
            (f"f-{name}" if name else "", sentence) for name, sentence in typed.errors.items()
        ],
        there=there,
        **_around(act, subject),
    )


def _preview(
    act: Act, subject: Subject, typed: Typed, seen: Consequences, *, is_outdated: bool = False
) -> str:
    return page(
        "desk/act_preview.html",
        act=act,
        told=act.told(subject, typed.values),
        notes=act.notes(subject, typed.values),
        typed=typed,
        consequences=seen,
        is_outdated=is_outdated,
        **_around(act, subject),
    )


def _moved_on(act: Act, subject: Subject, fact: Fact, sent: dict[str, str]) -> Answer:
    """409: somebody changed the record meanwhile; who, what, when, and what was typed here."""
    successor = successor_of(fact)
    names = [(it.name, it.marked_label, sent.get(it.name, "")) for it in act.fields(subject)]
    again = None
    if successor is not None and not successor.is_annulled:
        again = url_for(request.endpoint or "", **{**(request.view_args or {}),
                                                   "fact_id": successor.id})  # fmt: skip
    return (
        page(
            "desk/moved_on.html",
            act=act,
            sentence=moved_on(fact, successor),
            typed=[it for it in names if it[2]],
            now_url=fact_url(fact.kind, successor.id if successor else fact.id),
            again_url=again,
            **_around(act, subject),
        ),
        409,
    )


def _around(act: Act, subject: Subject) -> dict[str, Any]:
    fact = subject.fact
    return {
        "subject": subject,
        "whose": whose(subject, {}),
        "address": request.path,
        "back_url": plant_url(subject.plant.plant_id)
        if fact is None
        else fact_url(fact.kind, fact.id),
        "breadcrumbs": crumbs(act.kind, subject),
    }
