"""本企业结果: what the lists in force say of one's own plants, and of nobody else's."""

from __future__ import annotations

from dataclasses import dataclass

from app.issuing.domain import Line
from app.issuing.own_line import what_would_change
from app.issuing.queries import ListView, own_lines
from app.issuing.reading import told
from app.issuing.routes.blueprint import blueprint
from app.issuing.subjects import subject_of
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


@blueprint.get("/own")
@requires(Permission.LIST_OWN_LINE)
def own_results() -> str:
    """Every line of one's own plants in the lists that are in force today."""
    scope = scope_for(Permission.LIST_OWN_LINE)
    results = []
    for own in own_lines(scope.enterprises, clock.today()):
        needed = what_would_change(own.line, own.view.conditions, own.view.as_of)
        paper = subject_of(own.view.subject).own_paper(own.view.id)
        results.append(OwnResult(own.view, own.line, told(own.line.facts), needed, paper))
    return page("issuing/own.html", results=results)
