"""Reads of 规则库: which rulebook is in force where and when, and what it says.

The files are read once when the process starts (`use_settings`); a change of the bureau's
settings file takes effect at the next start.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from flask import current_app, has_app_context
from flask.sansio.app import App

from app.rulebook.domain import (
    Catalogue,
    Clause,
    Grade,
    Rulebook,
    RulebookInfo,
    Scheme,
    UnknownEntry,
)
from app.rulebook.loading import Library, load_library, load_settings
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


def library() -> Library:
    """规则库 of the running app; outside an app, the one delivered."""
    if has_app_context() and "rulebook" in current_app.extensions:
        return _as(Library, current_app.extensions["rulebook"])
    return built_in()


def rulebook_on(on: date, county: str | None = None) -> Rulebook:
    """The rulebook in force on the day, for the county (六位区划代码) or the whole city."""
    named = library().parameters.on("rulebook_in_force", on, county).value
    return rulebook(str(named), on, county)


def rulebook(rulebook_id: str, on: date, county: str | None = None) -> Rulebook:
    """The named rulebook as it reads on the day, whether or not it is the one in force."""
    return _rulebook(library(), rulebook_id, on, county)


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


def catalogue() -> Catalogue:
    """行业目录 with every industry there ever was; `.on(day)` narrows it to one day."""
    return library().catalogue


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


def parameters(on: date, county: str | None = None) -> tuple[Parameter, ...]:
    """Every parameter with its value on the day."""
    held = library().parameters
    return tuple(held.on(parameter_id, on, county) for parameter_id in held.histories)


def parameter(parameter_id: str, on: date, county: str | None = None) -> Parameter:
    """One parameter with its value on the day. Raises UnknownEntry."""
    return library().parameters.on(parameter_id, on, county)


def parameter_history(parameter_id: str) -> tuple[Parameter, ...]:
    """Every dated value of one parameter, oldest first. Raises UnknownEntry."""
    return library().parameters.history(parameter_id)


def setting(parameter_id: str, on: date, county: str | None = None) -> Value:
    """The bare value in force on the day; None where the law is silent and nothing is set."""
    return parameter(parameter_id, on, county).value


def flag(parameter_id: str, on: date, county: str | None = None) -> bool:
    """A yes/no setting on the day."""
    return _as(bool, setting(parameter_id, on, county))


def whole(parameter_id: str, on: date, county: str | None = None) -> int:
    """A whole number on the day, in the parameter's unit."""
    return _as(int, setting(parameter_id, on, county))


def text(parameter_id: str, on: date, county: str | None = None) -> str:
    """A choice or grade on the day."""
    return _as(str, setting(parameter_id, on, county))


def words(parameter_id: str, on: date, county: str | None = None) -> tuple[str, ...]:
    """A list of grades or words on the day."""
    return _as(tuple, setting(parameter_id, on, county))


def _as(kind: type[_Any], value: object) -> _Any:
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, got {value!r}")
    return value
