"""The one place where a request is let in (权限): closed unless a mark and a person open it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask, g
from werkzeug.exceptions import Forbidden

from app.kernel import permissions
from app.kernel.authority import EVERYTHING, NOTHING, Permission, Scope

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
AUDITOR, OFFICER = Holder(Permission.AUDIT_VIEW), Holder(Permission.REGISTER_EDIT)


@pytest.mark.parametrize(
    ("mark", "person", "refused"),
    [
        ("public", None, None),
        ("public", OFFICER, None),
        ("signed-in", None, "未登录"),
        ("signed-in", OFFICER, None),
        ("audit", None, "未登录"),
        ("audit", OFFICER, f"没有“{Permission.AUDIT_VIEW.words}”的权限"),
        ("audit", AUDITOR, None),
        ("none", None, "未登录"),
        ("none", AUDITOR, "页面没有标明所需权限"),
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


def test_nobody_reaches_nothing() -> None:
    assert permissions.scope_for(Permission.REGISTER_VIEW) == NOTHING
    assert not permissions.can(Permission.REGISTER_VIEW)
