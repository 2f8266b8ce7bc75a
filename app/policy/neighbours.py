"""Why one row of a list stands in front of another (位次的理由), from what each brings."""

from dataclasses import dataclass
from enum import StrEnum

from app.policy.domain import IDENTITY, NO_MERIT, RankedRow


class Step(StrEnum):
    """What a criterion did when two rows were compared, in the words of the page."""

    EQUAL = "相同"
    DECIDED = "由此分出先后"
    UNUSED = "不再比较"


@dataclass(frozen=True, slots=True)
class ComparedCriterion:
    """One criterion with what each of two rows brings."""

    title: str
    before: str
    behind: str
    step: Step


@dataclass(frozen=True, slots=True)
class Comparison:
    """Why one row of a list stands in front of another."""

    criterion: str
    """Id of the criterion that decided; "admitted" between an admitted plant and another."""
    text: str
    unnamed: str
    """The same without a word on the row in front, for those who may not see it."""
    criteria: tuple[ComparedCriterion, ...] = ()
    """Every criterion in its turn; none between an admitted plant and another."""


def explain_neighbours(row_a: RankedRow, row_b: RankedRow) -> Comparison:
    """The first criterion in which two rows of the same list differ decided their order.

    `row_a` is the one in front.
    """
    if row_a.admitted != row_b.admitted:
        text = "纳入的厂区排在前面；后者未纳入，没有位次。"
        return Comparison("admitted", text, text)
    number = next((n for n, key in enumerate(row_a.keys) if key != row_b.keys[n]), None)
    if number is None:
        raise ValueError("explain_neighbours compares two different rows of one list")
    criterion = row_a.order[number]
    before, behind = criterion.words(row_a.candidate), criterion.words(row_b.candidate)
    by, each = f"依据“{criterion.title}”", f"：前者{before}，后者{behind}。"
    compared = tuple(
        ComparedCriterion(
            it.title,
            it.words(row_a.candidate),
            it.words(row_b.candidate),
            Step.EQUAL if n < number else Step.DECIDED if n == number else Step.UNUSED,
        )
        for n, it in enumerate(row_a.order)
    )
    lead, tail = "", ""
    if criterion in IDENTITY and row_a.admitted:
        lead, tail = "前列各项都相同。", NO_MERIT
    elif criterion in IDENTITY:
        lead = "未纳入的厂区没有位次。"
    return Comparison(
        criterion.id, f"{lead}{by}{each}{tail}", f"{lead}{by}分出先后。{tail}", compared
    )
