"""Reads of 规则库: which rulebook is in force where and when, and what it says.

Its files, the bureau's settings file among them, are read once when the process starts
(`use_settings`). The edits made in the app lie in the database and are read once a transaction,
so that every process answers alike the moment an edit is approved. Every read can be asked "as
known at" an earlier moment: ``known`` None means now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from flask import current_app, has_app_context
from flask.sansio.app import App
from sqlalchemy import select

from app.kernel.database import db, run
from app.rulebook.domain import (
    Catalogue,
    Clause,
    Grade,
    Rulebook,
    RulebookInfo,
    Scheme,
    UnknownEntry,
)
from app.rulebook.edits import Edit, edited_catalogue, edited_parameters
from app.rulebook.loading import Library, load_library, load_settings
from app.rulebook.models import RulebookEdit
from app.rulebook.parameters import Parameter, Value

_Any = TypeVar("_Any")


@lru_cache(maxsize=1)
def built_in() -> Library:
    """规则库 as delivered, without any bureau's settings. Raises RulebookFault."""
    return load_library()


def use_settings(app: App, path: Path) -> None:
    """Give the app the delivered 规则库 with the bureau's settings file, if there is one.

    Raises RulebookFault with one sentence per fault.
    """
    app.extensions["rulebook"] = load_settings(path, built_in())


# --- The edits on record --------------------------------------------------------------------


@dataclass(slots=True)
class _Held:
    """The edits as one database transaction sees them, and the libraries made of them."""

    within: tuple[object, object]
    edits: tuple[Edit, ...]
    libraries: dict[object, Library] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Supposition:
    """An edit that is tried out (假设): one more on record, one less, or one in another's place."""

    added: Edit | None = None
    without: int | None = None


_supposed: ContextVar[Supposition | None] = ContextVar("supposed_edit", default=None)


@contextmanager
def supposing(supposition: Supposition) -> Iterator[None]:
    """Inside the block every read answers as if the edit were on record; nothing is written."""
    token = _supposed.set(supposition)
    try:
        yield
    finally:
        _supposed.reset(token)


def is_supposing() -> bool:
    """Whether an edit is being tried out, so that what was derived before does not hold."""
    return _supposed.get() is not None


def edits_on_record() -> tuple[Edit, ...]:
    """Every edit ever recorded, annulled ones included, in the order of recording."""
    return _held().edits


def edits_known(known: datetime | None = None) -> tuple[Edit, ...]:
    """The edits that stood on record at the moment (None: now)."""
    return tuple(edit for edit in edits_on_record() if edit.known_at(known))


def forget_edits() -> None:
    """To be called by who has just written an edit: the next read sees it."""
    db.session().info.pop("rulebook", None)


_EDITS = select(
    RulebookEdit.id,
    RulebookEdit.act,
    RulebookEdit.subject,
    RulebookEdit.county,
    RulebookEdit.from_on,
    RulebookEdit.content,
    RulebookEdit.reason,
    RulebookEdit.document,
    RulebookEdit.proposed_by,
    RulebookEdit.recorded_at,
    RulebookEdit.recorded_by,
    RulebookEdit.annulled_at,
).order_by(RulebookEdit.id)


def _held() -> _Held:
    """What this transaction sees; a savepoint, begun or undone, is looked at anew."""
    session = db.session()
    held: _Held | None = session.info.get("rulebook")
    if held is not None and held.within == _place():
        return held
    rows: Iterable[Any] = run(_EDITS)
    edits = tuple(Edit(*row) for row in rows)
    session.info["rulebook"] = held = _Held(_place(), edits)
    return held


def _place() -> tuple[object, object]:
    session = db.session()
    return session.get_transaction(), session.get_nested_transaction()


def library(known: datetime | None = None) -> Library:
    """规则库 of the running app as known at the moment; outside an app, the one delivered."""
    if not has_app_context() or "rulebook" not in current_app.extensions:
        return built_in()
    held, supposition = _held(), _supposed.get()
    found = held.libraries.get((known, supposition))
    if found is None:
        edits = [it for it in held.edits if it.known_at(known)]
        if supposition is not None:
            edits = [it for it in edits if it.id != supposition.without]
            edits += [supposition.added] if supposition.added else []
        found = _edited(_as(Library, current_app.extensions["rulebook"]), tuple(edits))
        held.libraries[known, supposition] = found
    return found


@lru_cache(maxsize=64)
def _edited(base: Library, edits: tuple[Edit, ...]) -> Library:
    if not edits:
        return base
    return replace(
        base,
        catalogue=edited_catalogue(base.catalogue, edits),
        parameters=edited_parameters(base.parameters, edits),
    )


# --- What it says ---------------------------------------------------------------------------


def rulebook_on(on: date, county: str | None = None, known: datetime | None = None) -> Rulebook:
    """The rulebook in force on the day, for the county (六位区划代码) or the whole city."""
    named = library(known).parameters.on("rulebook_in_force", on, county).value
    return rulebook(str(named), on, county, known)


def rulebook(
    rulebook_id: str, on: date, county: str | None = None, known: datetime | None = None
) -> Rulebook:
    """The named rulebook as it reads on the day, whether or not it is the one in force."""
    return _rulebook(library(known), rulebook_id, on, county)


@lru_cache(maxsize=4096)
def _rulebook(held: Library, rulebook_id: str, on: date, county: str | None) -> Rulebook:
    info = next((info for info in held.rulebooks if info.id == rulebook_id), None)
    if info is None:
        raise UnknownEntry(f"规则库中没有规则集“{rulebook_id}”，请核对规则集编号。")
    schemes = {key: entry for key, entry in held.schemes.items() if entry.rulebook == info.id}
    catalogue = held.catalogue.on(on)
    return Rulebook(info, on, county, held.clauses, schemes, catalogue, held.parameters)


def all_rulebooks() -> tuple[RulebookInfo, ...]:
    """Every rulebook on record."""
    return library().rulebooks


def rulebook_titles() -> dict[str, str]:
    """The short title of every rulebook by its id, as sentences and columns name it."""
    return {info.id: info.short_title for info in all_rulebooks()}


def catalogue(known: datetime | None = None) -> Catalogue:
    """行业目录 with every industry there ever was; `.on(day)` narrows it to one day."""
    return library(known).catalogue


def schemes() -> tuple[Scheme, ...]:
    """Every scheme of every rulebook."""
    return tuple(library().schemes.values())


def grades() -> tuple[Grade, ...]:
    """Every grade that some rulebook gives, in no particular order."""
    return tuple(sorted(library().grades))


def clauses() -> tuple[Clause, ...]:
    """Every clause, in the order of the documents."""
    return tuple(library().clauses.values())


def clause(clause_id: str) -> Clause:
    """The clause of that id. Raises UnknownEntry."""
    found = library().clauses.get(clause_id)
    if found is None:
        raise UnknownEntry(f"规则库中没有条款“{clause_id}”，请核对条款编号。")
    return found


def parameters(
    on: date, county: str | None = None, known: datetime | None = None
) -> tuple[Parameter, ...]:
    """Every parameter with its value on the day."""
    held = library(known).parameters
    return tuple(held.on(parameter_id, on, county) for parameter_id in held.histories)


def parameter(
    parameter_id: str, on: date, county: str | None = None, known: datetime | None = None
) -> Parameter:
    """One parameter with its value on the day. Raises UnknownEntry."""
    return library(known).parameters.on(parameter_id, on, county)


def parameter_history(parameter_id: str, known: datetime | None = None) -> tuple[Parameter, ...]:
    """Every dated value of one parameter, oldest first. Raises UnknownEntry."""
    return library(known).parameters.history(parameter_id)


def setting(
    parameter_id: str, on: date, county: str | None = None, known: datetime | None = None
) -> Value:
    """The bare value in force on the day; None where the law is silent and nothing is set."""
    return parameter(parameter_id, on, county, known).value


def flag(
    parameter_id: str, on: date, county: str | None = None, known: datetime | None = None
) -> bool:
    """A yes/no setting on the day."""
    return _as(bool, setting(parameter_id, on, county, known))


def whole(
    parameter_id: str, on: date, county: str | None = None, known: datetime | None = None
) -> int:
    """A whole number on the day, in the parameter's unit."""
    return _as(int, setting(parameter_id, on, county, known))


def text(
    parameter_id: str, on: date, county: str | None = None, known: datetime | None = None
) -> str:
    """A choice or grade on the day."""
    return _as(str, setting(parameter_id, on, county, known))


def words(
    parameter_id: str, on: date, county: str | None = None, known: datetime | None = None
) -> tuple[str, ...]:
    """A list of grades or words on the day."""
    return _as(tuple, setting(parameter_id, on, county, known))


def _as(kind: type[_Any], value: object) -> _Any:
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, got {value!r}")
    return value
