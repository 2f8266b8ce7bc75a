"""Nothing typed is lost (续交): a form sent after the session ended is carried over the sign-in.

The sign-in page holds every typed field as a hidden input; after signing in the person sees that
the form is still there and sends it on themselves, with a fresh forgery token. Passwords are not
carried, and files cannot be: the page says which have to be chosen again. What a script sends, a
row or a file, needs none of this: its page stays, and the sign-in opens over it as a dialog.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Response, make_response, render_template, request
from flask_wtf.csrf import validate_csrf
from wtforms import ValidationError

from app.kernel.htmx import is_fragment_request, keep_page

_FIELD = "typed."


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that waits for its sender to sign in; ``owner_id`` 0 when it is not known whose."""

    path: str
    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    owner_id: int = 0
    owner_name: str = ""

    def __bool__(self) -> bool:
        return bool(self.path)

    def is_for(self, user_id: int) -> bool:
        """Whether this person may send it on: nobody sends what another person typed."""
        return self.owner_id in (0, user_id)

    @property
    def inputs(self) -> list[tuple[str, str]]:
        """As hidden inputs of the sign-in page, under names that clash with none of its own."""
        return [
            ("resume_path", self.path),
            ("resume_owner", str(self.owner_id)),
            *(("resume_file", name) for name in self.files),
            *((_FIELD + name, value) for name, value in self.fields),
        ]


NOTHING = Typed("")


def is_own_form() -> bool:
    """Whether the form was sent from a page of ours: otherwise it is not offered for sending on.

    The session being over, its forgery token may be gone too; then the browser's word counts.
    """
    origin = urlsplit(request.headers.get("Origin", ""))
    if origin.netloc:
        return origin.netloc == request.host
    try:
        token = request.headers.get("X-CSRFToken") or request.form.get("csrf_token")
        validate_csrf(token)
    except ValidationError:
        return False
    return True


def typed_now(owner: tuple[int, str] | None) -> Typed:
    """What this request's form holds; ``owner`` is the person whose session ended, if known."""
    fields = tuple(
        (name, value)
        for name, values in request.form.lists()
        for value in values
        if name != "csrf_token" and "password" not in name
    )
    files = tuple(file.filename for file in request.files.values() if file.filename)
    path = request.full_path.rstrip("?")
    owner_id, owner_name = owner or (0, "")
    return Typed(path, fields, files, owner_id, owner_name)


def typed_before() -> Typed:
    """What the sign-in page carried along; NOTHING when it carried nothing."""
    path, owner = request.form.get("resume_path", ""), request.form.get("resume_owner", "0")
    return Typed(
        path,
        tuple(
            (name.removeprefix(_FIELD), value)
            for name, values in request.form.lists()
            for value in values
            if name.startswith(_FIELD)
        ),
        tuple(request.form.getlist("resume_file")),
        int(owner) if owner.isdecimal() and len(owner) < 16 else 0,
    )


def ask_again(typed: Typed) -> Response:
    """The sign-in page with the typed form inside it.

    Under htmx the page on which it was typed stays as it is: `app.js` opens the sign-in as a dialog
    over it and sends the part again afterwards.
    """
    if is_fragment_request():
        return keep_page(make_response("", 401))
    return make_response(
        render_template("accounts/sign_in.html", typed=typed, name=typed.owner_name, error=""), 401
    )
