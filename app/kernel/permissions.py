"""Who may do what to which record: (person, permission, record) with a scope (权限与范围).

A view declares its permission by a decorator; the check itself is central and denies by default,
so a view without a mark is closed, not open. Queries ask :func:`scope_for` for the part of the
register the person may see, and put it into the SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import abort, current_app, g, has_request_context, request
from flask_login import current_user
from sqlalchemy import ColumnElement, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from app.kernel.authority import NOTHING, Permission, Person, Scope

View = TypeVar("View", bound=Callable[..., Any])


def within(
    scope: Scope,
    county: InstrumentedAttribute[str],
    enterprise_id: InstrumentedAttribute[int] | None = None,
) -> ColumnElement[bool]:
    """The scope as an SQL condition on the two columns."""
    if scope.counties is None:
        return true()
    conditions: list[ColumnElement[bool]] = []
    if scope.counties:
        conditions.append(county.in_(sorted(scope.counties)))
    if scope.enterprises and enterprise_id is not None:
        conditions.append(enterprise_id.in_(sorted(scope.enterprises)))
    return or_(*conditions) if conditions else false()


def current_actor() -> Person | None:
    """The person who sent this request, or None; nobody is looked up for a page about a fault.

    The person themselves, not the proxy of whoever it may be: a page asks them hundreds of things.
    """
    if not has_request_context() or g.get("is_broken"):
        return None
    someone = cast("Any", current_user)._get_current_object()  # noqa: SLF001 - the documented way
    return cast("Person", someone) if someone.is_authenticated else None


def can(permission: Permission, person: Person | None = None) -> bool:
    """Whether the person holds the permission anywhere at all."""
    someone = person or current_actor()
    return someone is not None and someone.scope_of(permission) is not None


def scope_for(permission: Permission) -> Scope:
    """The reach of the signed-in person's permission; nothing when it is not held."""
    person = current_actor()
    return (person.scope_of(permission) if person else None) or NOTHING


def requires(permission: Permission) -> Callable[[View], View]:
    """Mark a view: only for people who hold ``permission``. Put it *below* the route decorator."""

    def mark(view: View) -> View:
        view.__access__ = permission  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Mark a view: anyone may open it."""
    view.__access__ = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Mark a view: anyone who has signed in may open it."""
    view.__access__ = "signed-in"  # type: ignore[attr-defined]
    return view


def access_of(view: Callable[..., Any]) -> Permission | str | None:
    """The mark of a registered view function; None when it has none."""
    return getattr(view, "__access__", None)


def current_access() -> Permission | str | None:
    """The mark of the view this request goes to."""
    view = current_app.view_functions.get(request.endpoint or "")
    return access_of(view) if view else None


def enforce() -> None:
    """Refuse the request unless its view's mark lets this person in (403)."""
    access = current_access()
    if access == "public":
        return
    person = current_actor()
    if person is None or access is None:
        g.refused = "未登录" if person is None else "页面没有标明所需权限"
        abort(403)
    if isinstance(access, Permission) and person.scope_of(access) is None:
        g.refused = f"没有“{access.words}”的权限"
        abort(403)
