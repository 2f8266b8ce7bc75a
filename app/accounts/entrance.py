"""What the enterprises' listener answers (企业申报入口), and who may come in by which door.

This is the one place that decides it. A view is for filers when its permission is held by
enterprise roles and by nobody else, or is that of filling in a filing; any other view that officers
open, too, only when it is named here.
Whatever is added later stays shut until somebody writes it down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from app.accounts.domain import ENTERPRISE_ROLES, ROLE_PERMISSIONS, Grant, Role
from app.kernel.authority import Permission
from app.kernel.permissions import access_of

FILERS_MARK = "f."
"""Begins every token given out by the enterprises' listener: none is good at the other door."""

HELD_BY_ENTERPRISES = frozenset[Permission]().union(
    *(ROLE_PERMISSIONS[role] for role in ENTERPRISE_ROLES)
)
OF_ENTERPRISES_ONLY = HELD_BY_ENTERPRISES - frozenset[Permission]().union(
    *(ROLE_PERMISSIONS[role] for role in Role if role not in ENTERPRISE_ROLES)
)
"""Permissions that no officer holds: every view that asks for one of them is for filers."""

WORKED_AT_BOTH_DOORS = frozenset({Permission.FILING_ENTER})
"""Enterprises fill in their own filings on the very pages on which a county does it for them at
the window (窗口代录); whose filing it is decides the person's scope."""

SHARED = frozenset(
    {
        "assets.serve",
        "kernel.healthz",
        "kernel.download",
        "accounts.sign_in",
        "accounts.sign_out",
        "accounts.me",
        "accounts.end_session",
        "accounts.change_password",
        "portal.home",
        "portal.help_index",
        "portal.help_topic",
        "portal.plant",
        "desk.fact",
        "inbox.messages",
        "inbox.message_page",
        "inbox.export_messages",
        "inbox.read_all_notices",
        "inbox.sign_for_message",
        "filing.overview",
        "filing.last_submission",
        "filing.submission_page",
        "filing.submission_paper",
        "filing.submission_bundle",
        "filing.receipt_page",
        "filing.verifier",
        "filing.one_evidence",
        "filing.evidence_picture",
        "filing.evidence_as_jpg",
        "filing.evidence_original",
        "indicators.table_page",
        "indicators.download_table",
        "rulebook.clause_list",
        "rulebook.clause_page",
        "rights.application_list",
        "rights.application_page",
        "rights.new_application",
        "rights.apply",
        "rights.correction_page",
        "rights.correct_application",
        "rights.withdraw_application",
        "rights.evidence",
    }
)
"""Views that officers open as well; each shows an enterprise its own records only."""

_FOR_ANYBODY = frozenset({"public", "signed-in"})


def is_for_filers(endpoint: str, view: Callable[..., Any]) -> bool:
    """Whether the enterprises' listener answers at this endpoint."""
    access = access_of(view)
    if access in OF_ENTERPRISES_ONLY or access in WORKED_AT_BOTH_DOORS:
        return True
    return endpoint in SHARED and (access in _FOR_ANYBODY or access in HELD_BY_ENTERPRISES)


def is_enterprise_account(grants: Iterable[Grant]) -> bool:
    """Whether the roles in force are held for enterprises, all of them and at least one."""
    roles = {grant.role for grant in grants}
    return bool(roles) and roles <= ENTERPRISE_ROLES


def _open() -> bool:
    return False


_is_closed: Callable[[], bool] = _open


def close_main_door_with(asked: Callable[[], bool]) -> None:
    """Let the rulebook (a later stage) say whether enterprises must use their own listener."""
    global _is_closed  # noqa: PLW0603 - set once when the app is put together
    _is_closed = asked


def may_enter(grants: Iterable[Grant], *, for_filers: bool) -> bool:
    """Whether somebody with these roles in force may be signed in at this door.

    At the enterprises' listener only enterprise accounts; at the main one everybody, unless the
    bureau's setting (本局设定) sends enterprises to theirs.
    """
    of_enterprise = is_enterprise_account(grants)
    return of_enterprise if for_filers else not (of_enterprise and _is_closed())
