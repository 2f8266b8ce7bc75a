"""What can be issued (可签发的清单种类): one machinery for measures, allocations and what follows.

A stage that has a list to issue describes it once, as a :class:`Subject`, and names it in
``LIST_SUBJECTS`` of ``app/__init__.py``. Drafting, checking, signing, verifying, flags, comparison
with the previous issue, paper, downloads and the enterprise's own line then work for it without
further code. How to register one:

1. ``compute(question)`` makes the canonical content with `gathering.gather`: the JSON of the
   stage's contract (`policy run`, `policy allocate`; sealed with its own sha256), and beside it
   the plants behind the rows, every fact used, every setting read, the rulebook, and what the
   paper says of conditions and order. It must depend on nothing but the question: the same
   question with the same ``known_at`` gives the same content for ever. `policy verify` asks again.
   ``known_at`` None means as known now.
2. ``lines(content)``, a pure function of that JSON, gives one `Line` per row, in the order of the
   rows. ``Line.key`` must stay the same for the same matter in later issues; ``Line.values`` holds
   what is decided, in words. Comparison, flags and the own line read nothing else.
3. ``table(content, heading)``, again pure, gives the bureau's table for paper, csv and xlsx.
4. ``offers()`` names what may be drafted, ``title_of(spec)`` one of them (raise `UnknownSpec` for
   anything else); ``live_url`` leads to the page that shows it unissued.
5. ``why_not_issue(question, content)`` may refuse the signature with a sentence (an allocation
   whose sum over both levels exceeds what was asked), None: nothing is in the way.
6. ``signed`` and ``ended`` do what else a signature, and the end of a signed list by withdrawal or
   replacement, mean for the stage (tonnes booked, booked back), in the same transaction; they may
   refuse.
7. ``own_paper`` names the address of the letter that each enterprise on the list is sent.
8. ``faults`` are the exceptions of ``compute`` whose text is for the person.

To open a draft from a page of the stage, POST to ``issuing.draft`` with ``subject`` (the kind),
``spec``, ``as_of`` and ``county`` ("" for the whole register).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.issuing.domain import Line, Question
from app.policy.documents import Table

Content = Mapping[str, Any]
"""The frozen content of a list as JSON holds it; see `content.assemble`."""


class UnknownSpec(LookupError):
    """There is no such list in this subject."""

    def __init__(self) -> None:
        super().__init__("没有这种清单，或提供它的措施已停用。请从列表中重新选择。")


def _always(_question: Question, _plants: Collection[int], _lines: Sequence[Line]) -> bool:
    return True


def _favours(_spec: str) -> bool:
    return False


def _nothing_in_the_way(_question: Question, _content: Content) -> str | None:
    return None


def _nothing_more(_list_id: int, _q: Question, _c: Content, _number: str, _on: date) -> None:
    return None


def _nothing_left(_list_id: int, _reason: str) -> None:
    return None


def _no_paper(_list_id: int) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of list that can be issued (清单种类)."""

    kind: str
    """Its lasting id in the database: ``measure``, ``allocation``."""
    title: str
    """What people call the kind: 政策清单, 排污权分配."""
    offers: Callable[[], Sequence[tuple[str, str]]]
    """What may be drafted now: spec and title."""
    title_of: Callable[[str], str]
    compute: Callable[[Question], Content]
    lines: Callable[[Content], tuple[Line, ...]]
    table: Callable[[Content, tuple[str, ...]], Table]
    """The table; the given notes (文号, 签发 …) stand under its title before the stage's own."""
    live_url: Callable[[Question], str]
    is_burden: Callable[[str], bool] = _favours
    """Whether to stand on the list is a duty (减排), so that nobody is told how to get on it."""
    faults: tuple[type[Exception], ...] = ()
    why_not_issue: Callable[[Question, Content], str | None] = _nothing_in_the_way
    signed: Callable[[int, Question, Content, str, date], None] = _nothing_more
    """Done with the signature: id of the list, question, content, 文号, day. May raise Refused."""
    ended: Callable[[int, str], None] = _nothing_left
    """Done when a signed list is withdrawn or replaced: its id and why."""
    own_paper: Callable[[int], str | None] = _no_paper
    """The address where an enterprise fetches (POST: plant_id, format docx or pdf) its letter about
    a signed list; None where there are no letters."""
    could_differ: Callable[[Question, Collection[int], Sequence[Line]], bool] = _always
    """Whether a change at these plants can make the list differ from these, their frozen lines;
    a quick answer that may be wrong only by saying yes."""

    @property
    def all_faults(self) -> tuple[type[Exception], ...]:
        """Why the list cannot be computed, as exceptions whose text is for the person."""
        return (UnknownSpec, *self.faults)


_subjects: dict[str, Subject] = {}


def register(subject: Subject) -> None:
    """Make a kind of list known; done when the app is put together."""
    _subjects[subject.kind] = subject


def subject_of(kind: str) -> Subject:
    """The subject of this kind. Raises UnknownSpec."""
    if kind not in _subjects:
        raise UnknownSpec
    return _subjects[kind]


def faults_of(kind: str) -> tuple[type[Exception], ...]:
    """Why a list of this kind cannot be computed, as exceptions whose text is for the person."""
    return subject_of(kind).all_faults if kind in _subjects else (UnknownSpec,)


def all_subjects() -> tuple[Subject, ...]:
    """Every kind of list, in the order they were made known."""
    return tuple(_subjects.values())
