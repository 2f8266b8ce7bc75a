"""本企业结果: what the lists in force say of one's own plants, and of nobody else's."""

from __future__ import annotations

from dataclasses import dataclass

from app.issuing.domain import Line
from app.issuing.own_line import what_would_change
from app.issuing.queries import ListView, OwnLine, own_lines
from app.issuing.reading import told
from app.issuing.routes.blueprint import blueprint
from app.issuing.subjects import UnknownSpec, subject_of
from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.permissions import requires, scope_for
from app.kernel.web import page


@dataclass(frozen=True, slots=True)
class OwnResult:
    """One's own line with everything that is told of it."""

    view: ListView
    line: Line
    facts: list[str]
    needed: list[str]
    paper: str | None
    """Where its letter (告知书) is fetched."""
    is_burden: bool


@blueprint.get("/own")
@requires(Permission.LIST_OWN_LINE)
def own_results() -> str:
    """Every line of one's own plants in the lists that are in force today."""
    scope = scope_for(Permission.LIST_OWN_LINE)
    found = own_lines(scope.enterprises, clock.today())
    return page("issuing/own.html", results=[_result(it) for it in found])


def _result(own: OwnLine) -> OwnResult:
    view, line = own.view, own.line
    subject = subject_of(view.subject)
    try:
        is_burden = subject.is_burden(view.spec)
    except UnknownSpec:  # the measure is no longer offered; the list stands as it was signed
        is_burden = False
    needed = what_would_change(line, view.conditions, view.as_of, is_burden=is_burden)
    paper = subject.own_paper(view.id)
    return OwnResult(view, line, told(line.facts), needed, paper, is_burden)
