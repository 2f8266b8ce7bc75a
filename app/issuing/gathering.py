"""What a list about plants rests on, read as known at its moment (清单所依据的内容)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.grades.queries import facts_of
from app.grades.settings import RULE_SETTINGS
from app.issuing.content import ListedPlant, assemble
from app.issuing.domain import Question
from app.policy.documents import Document
from app.policy.domain import Candidate, Condition
from app.policy.queries import county_names
from app.registry.queries import owners_of
from app.rulebook.domain import RulebookInfo
from app.rulebook.parameters import Parameter, UnknownEntry
from app.rulebook.queries import parameter, rulebook_titles, setting

RULEBOOK_IN_FORCE = "rulebook_in_force"


def gather(
    document: Document,
    plants: Sequence[Candidate],
    question: Question,
    *,
    rulebook: RulebookInfo,
    settings: Iterable[str],
    conditions: Iterable[Condition],
    order: Iterable[str],
    notes: Iterable[str],
) -> Document:
    """The content of a list: the document of the contract with everything behind its rows.

    ``plants`` are those of the rows, one by one; ``settings`` what the list reads beside the rules
    of standing; of the ``conditions`` those are kept that apply on the day.
    """
    known, plant_ids = question.known_at, [it.plant_id for it in plants]
    owners = owners_of(plant_ids, known)
    return assemble(
        document,
        plants=[_listed(it, owners[it.plant_id][0]) for it in plants],
        facts=facts_of(plant_ids, known),
        parameters=_settings_read((*settings, *RULE_SETTINGS), question),
        rulebook=rulebook,
        conditions=[(it.clause, it.title or it.id) for it in conditions if _applies(it, question)],
        order=order,
        notes=notes,
        counties=county_names(),
        rulebooks=rulebook_titles(),
    )


def _listed(it: Candidate, enterprise_id: int) -> ListedPlant:
    return ListedPlant(
        it.plant_id, enterprise_id, it.uscc, it.plant, it.county, it.plant_name, it.name
    )


def _applies(condition: Condition, question: Question) -> bool:
    switch, known = condition.only_if, question.known_at
    return switch is None or setting(switch, question.as_of, known=known) is True


def _settings_read(names: Iterable[str], question: Question) -> list[Parameter]:
    """The settings of these names as a list of the day reads them, the rulebook in force too."""
    found = []
    for name in sorted({*names, RULEBOOK_IN_FORCE}):
        county = question.county if name == RULEBOOK_IN_FORCE else None
        try:
            found.append(parameter(name, question.as_of, county, question.known_at))
        except UnknownEntry:  # a plugin's; it has told so when the list was made
            continue
    return found
