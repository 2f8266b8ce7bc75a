"""Filling in, looking at what would change, saving (填写、预览、保存): the way of every form here.

Each address takes three steps by POST: ``preview`` does the act, shows what follows and undoes it;
``edit`` goes back to what was typed; ``confirm`` saves, if what follows is still what was shown.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import flash, render_template, request
from werkzeug import Response

from app.approvals.domain import Refused
from app.desk.consequences import Consequences, foresee
from app.desk.typed_forms import TypedForm
from app.kernel import htmx
from app.kernel.authority import Permission
from app.kernel.permissions import scope_for
from app.registry.queries import Difference, PlantOnRecord, changed_since, version_of


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a preview: what, as it is, as it would be."""

    label: str
    before: str
    after: str


@dataclass(slots=True)
class Steps:
    """One act: its form, its rules, and how it is done.

    ``judge`` notes on the form what keeps the act from being done. ``act`` does it; it returns
    where to go. ``already`` tells whether the register says so by now, as after a double click.
    """

    title: str
    form: TypedForm
    judge: Callable[[], None]
    act: Callable[[], str]
    act_words: str
    done_words: str
    cancel_url: str
    plant: PlantOnRecord | None = None
    intro: str = ""
    notes: Sequence[str] = ()
    rows: Callable[[], Iterable[Row]] = tuple
    remarks: Callable[[], Iterable[str]] = tuple
    already: Callable[[], str | None] = lambda: None
    named: Sequence[int] = ()
    breadcrumbs: Sequence[tuple[str, str]] = ()
    shows_consequences: bool = True
    rehearsed: Callable[[], object] | None = None
    """What the preview does in place of ``act``: a planned change as if its day were today."""
    moved: list[Difference] | None = None
    """What became of the record since its form was opened, where that form is no more."""
    action: str = ""
    """Where the form is sent to, if not to its own address."""
    part: str = ""
    """A template with more to show on the form page."""
    context: dict[str, Any] = field(default_factory=dict)


def first_page(steps: Steps) -> str:
    """The empty form."""
    return _form_page(steps, secrets.token_hex(16))


def answer(steps: Steps) -> Response | str | tuple[str, int]:
    """The answer to a form that was sent."""
    step, form_key = request.form.get("step", "preview"), request.form.get("form_key", "")[:64]
    if step == "edit":
        return _form_page(steps, form_key)
    if step == "confirm" and (done := steps.already()) is not None:
        flash("这一内容已经保存，没有重复登记。")
        return htmx.htmx_redirect(done)
    stale = _changed_meanwhile(steps)
    if stale is not None:
        return _form_page(steps, form_key, stale=stale), 409
    steps.judge()
    if steps.form.errors:
        return _form_page(steps, form_key), 409 if steps.form.is_taken else 422
    return _look_or_save(steps, step, form_key)


def _look_or_save(steps: Steps, step: str, form_key: str) -> Response | str | tuple[str, int]:
    try:
        scope = scope_for(Permission.REGISTER_EDIT)
        seen = foresee(steps.rehearsed or steps.act, scope, named=steps.named)
        if step != "confirm" or request.form.get("fingerprint", "") != seen.fingerprint:
            is_other = step == "confirm"
            shown = _preview_page(steps, form_key, seen, is_other=is_other)
            return (shown, 409) if is_other else shown
        url = steps.act()
    except Refused as refused:
        steps.form.wrong("", str(refused))
        return _form_page(steps, form_key), 422
    flash(steps.done_words)
    return htmx.htmx_redirect(url)


def _changed_meanwhile(steps: Steps) -> list[Difference] | None:
    if steps.moved is not None or steps.plant is None:
        return steps.moved
    return changed_since(steps.plant, request.form.get("version", ""))


def _form_page(steps: Steps, form_key: str, *, stale: list[Difference] | None = None) -> str:
    return render_template(
        "desk/plant_form.html",
        steps=steps,
        form=steps.form,
        form_key=form_key,
        version=version_of(steps.plant) if steps.plant else "",
        stale=stale,
        breadcrumbs=steps.breadcrumbs,
        **steps.context,
    )


def _preview_page(steps: Steps, form_key: str, seen: Consequences, *, is_other: bool) -> str:
    return render_template(
        "desk/plant_preview.html",
        steps=steps,
        form=steps.form,
        form_key=form_key,
        version=version_of(steps.plant) if steps.plant else "",
        rows=list(steps.rows()),
        remarks=list(steps.remarks()),
        consequences=seen,
        is_other=is_other,
        breadcrumbs=steps.breadcrumbs,
        **steps.context,
    )
