"""Every address of the app with examples of its arguments and forms (地址与示例参数).

What is tried is read off the app's own table of addresses. An address that is not provided for
here is an error, so that a new screen cannot stay untested: give it its arguments in an
``ARGUMENTS`` (by the names of the variable parts) and, if it takes a form, in a ``FORMS`` of one
of this folder's files; all of them are read.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from app.accounts.domain import Role
from tests.access import access, may_open
from tests.addresses.examples import NOWHERE, Arguments, Form, Kind, Query
from tests.world import PRINCIPALS, Principal, World

__all__ = [
    "CLOSED",
    "ENDING",
    "NOWHERE",
    "QUERIES",
    "SAFE",
    "Address",
    "Kind",
    "access",
    "addresses",
    "form_of",
    "may_open",
    "methods_of",
    "own_address",
    "reachable",
    "rules",
    "somebody_for",
]  # fmt: skip

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ARGUMENTS: dict[tuple[str, ...], Arguments] = {}
"""The names of an address's variable parts → what to put there."""
FORMS: dict[str, Form] = {}
"""Endpoint → a form that it accepts."""
QUERIES: dict[str, Query] = {}
"""Endpoint → what its address must ask for to have an answer."""

for _found in pkgutil.iter_modules(__path__):
    _module = import_module(f"{__name__}.{_found.name}")
    ARGUMENTS.update(getattr(_module, "ARGUMENTS", {}))
    FORMS.update(getattr(_module, "FORMS", {}))
    QUERIES.update(getattr(_module, "QUERIES", {}))

CLOSED = frozenset({("accounts.setup", "POST")})
"""Open to all by its mark, and refused (422) to all once there are accounts."""


@dataclass(frozen=True, slots=True)
class Address:
    """A rule with its variable parts filled in."""

    endpoint: str
    path: str
    kind: Kind


def rules(app: Flask) -> list[Rule]:
    """Every rule, in the order of its text."""
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))


def methods_of(rule: Rule) -> list[str]:
    """The methods a view answers itself."""
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


ENDING = frozenset(
    {"accounts.sign_in", "accounts.sign_out", "accounts.change_password", "accounts.setup"}
)
"""These end or renew the session that sends them."""


def reachable(app: Flask, who: Principal) -> list[tuple[Rule, str]]:
    """Every rule and method that this principal may send again and again in one session."""
    return [
        (rule, method)
        for rule in rules(app)
        for method in methods_of(rule)
        if may_open(rule.endpoint, who) and (method in SAFE or rule.endpoint not in ENDING)
    ]


def somebody_for(app: Flask, endpoint: str) -> Principal:
    """A principal who may open the address: signed in, and of 越城区 or the city."""
    people = [it for it in PRINCIPALS if it.role is not None and may_open(endpoint, it)]
    heads = [it for it in people if it.role in (Role.CITY_HEAD, Role.RULE_EDITOR)]
    return (heads or people)[0]


def addresses(world: World, rule: Rule, who: Principal) -> Iterator[Address]:
    """The rule with every example of its arguments, as they are for this principal.

    Nobody needs more than one example of each kind of object to be kept out of the address as such.
    """
    is_open, seen = may_open(rule.endpoint, who), set[Kind]()
    for address in _every_address(world, rule, who):
        if is_open or address.kind not in seen:
            yield address
        seen.add(address.kind)


def _every_address(world: World, rule: Rule, who: Principal) -> Iterator[Address]:
    names = tuple(sorted(rule.arguments))
    if names not in ARGUMENTS:
        raise AssertionError(f"{rule}: give examples of {names} in tests/addresses.py")
    for kind, values in ARGUMENTS[names](world, who, rule.endpoint):
        built = rule.build(dict(values))
        assert built is not None, (rule, values)
        yield Address(rule.endpoint, built[1], kind)


def own_address(world: World, rule: Rule, who: Principal) -> str:
    """The path of an address whose object is within reach of this principal; else any."""
    found = list(addresses(world, rule, who))
    return next((it for it in found if it.kind is Kind.OWN), found[0]).path


def form_of(world: World, endpoint: str, who: Principal) -> dict[str, Any]:
    """A form that the address accepts from someone who may send it."""
    if endpoint not in FORMS:
        raise AssertionError(f"{endpoint}: give an example of its form in tests/addresses.py")
    return FORMS[endpoint](world, who)
