"""Accounts that nobody uses any longer (闲置账号) are disabled; never the last administrators."""

from __future__ import annotations

from datetime import datetime

from app.accounts.domain import Role
from app.accounts.models import UserAccount
from app.accounts.queries.accounts import unused_since
from app.accounts.queries.people import grants_of
from app.accounts.services import sign_in
from app.accounts.services.people import has_other_holder
from app.kernel import audit
from app.kernel.database import db
from app.kernel.transaction import transaction

_NEEDED = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
"""Without them nobody could look after the server, or let anybody in again."""


def disable_idle(since: datetime) -> list[str]:
    """Disable the office's accounts that were not used since then; returns their names.

    Accounts that act for enterprises only are left alone: they may be used once a year. The
    longest unused come first, so that of several idle administrators the last one in stays.
    """
    disabled = []
    for user_id in unused_since(since):
        held = {grant.role for grant in grants_of(user_id)}
        if any(role in held and not has_other_holder(role, but=user_id) for role in _NEEDED):
            continue
        row = db.session.get_one(UserAccount, user_id)
        row.disabled_at = transaction().moment
        sign_in.end_sessions_of(user_id)
        audit.record(
            "account.disabled", "account", user_id, {"账号": row.name, "原因": "长期未登录"}
        )
        db.session.flush()
        disabled.append(row.name)
    return disabled
