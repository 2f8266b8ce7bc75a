"""The one place where a request is let in (权限): closed unless a mark and a person open it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask, g, template_rendered
from sqlalchemy import select
from werkzeug.exceptions import Forbidden

from app.accounts.domain import Role
from app.accounts.models import UserAccount
from app.kernel import permissions
from app.kernel.authority import EVERYTHING, NOTHING, Permission, Scope
from app.kernel.database import db, is_writing
from app.kernel.models import AuditEntry
from tests.world import PRINCIPALS, World

View = Callable[[], str]


@dataclass(frozen=True)
class Holder:
    """Somebody who holds one permission."""

    held: Permission
    user_id: int = 1
    display_name: str = "某人"

    def scope_of(self, permission: Permission) -> Scope | None:
        return EVERYTHING if permission is self.held else None


MARKS: dict[str, Callable[[View], View]] = {
    "none": lambda view: view,
    "public": permissions.public,
    "signed-in": permissions.signed_in,
    "audit": permissions.requires(Permission.AUDIT_VIEW),
}
AUDITS, EDITS = Holder(Permission.AUDIT_VIEW), Holder(Permission.REGISTER_EDIT)
OFFICER = next(it for it in PRINCIPALS if it.role is Role.COUNTY_OFFICER)


@pytest.mark.parametrize(
    ("mark", "person", "refused"),
    [
        ("public", None, None),
        ("public", EDITS, None),
        ("signed-in", None, "未登录"),
        ("signed-in", EDITS, None),
        ("audit", None, "未登录"),
        ("audit", EDITS, f"没有“{Permission.AUDIT_VIEW.words}”的权限"),
        ("audit", AUDITS, None),
        ("none", None, "未登录"),
        ("none", AUDITS, "页面没有标明所需权限"),
    ],
)
def test_a_view_opens_to_whom_its_mark_names(
    mark: str, person: Holder | None, refused: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Flask("marks")
    app.add_url_rule("/", "view", MARKS[mark](lambda: ""))
    monkeypatch.setattr(permissions, "current_actor", lambda: person)
    with app.test_request_context("/"):
        if refused is None:
            permissions.enforce()
        else:
            with pytest.raises(Forbidden):
                permissions.enforce()
        assert g.get("refused") == refused


def test_only_what_is_sent_is_held_against_forgery_and_may_write(world: World) -> None:
    """A link from another site leads here; nobody is asked to sign in for what is not there."""
    stranger, elsewhere = world.app.test_client(), {"Sec-Fetch-Site": "cross-site"}
    assert stranger.get("/sign-in", headers=elsewhere).status_code == 200
    assert stranger.get("/no-such-page").status_code == 404
    officer, modes = world.browser(OFFICER), []

    def note(_app: Flask, **_more: object) -> None:
        modes.append(is_writing())

    with template_rendered.connected_to(note, world.app):
        officer.get("/register")
    assert modes
    assert not any(modes)


def test_what_is_done_is_entered_under_the_name_of_who_did_it(world: World) -> None:
    message = world.messages[OFFICER.name]
    assert world.browser(OFFICER).post(f"/inbox/{message}/sign").status_code == 303
    with world.app.app_context():
        entry = db.session.execute(select(AuditEntry).order_by(AuditEntry.sequence.desc())).scalar()
        assert entry is not None
        person = db.session.get_one(UserAccount, world.users[OFFICER.name])
        assert (entry.actor_id, entry.actor_name) == (person.id, person.display_name)


def test_nobody_reaches_nothing() -> None:
    assert permissions.scope_for(Permission.REGISTER_VIEW) == NOTHING
    assert not permissions.can(Permission.REGISTER_VIEW)
