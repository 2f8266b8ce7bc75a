"""A test client that checks every page it fetches and sends forms as a browser would."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.pagecheck import problems_of

TOKEN = re.compile(r'name="csrf[_-]token"[^>]*(?:value|content)="([^"]+)"')
NEW_EACH_TIME = re.compile(TOKEN.pattern + r"|\b[0-9a-f]{12}\b")
"""Forgery tokens and the numbers of requests."""
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_faultless: set[bytes] = set()
"""Pages already looked at, the same but for what is new each time: refusals above all."""


class CheckedClient(FlaskClient):
    """Fails the test on a page with faults; sends the last page's forgery token with each form."""

    token: str | None = None

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Fetch like :class:`FlaskClient`, then check what came."""
        if kwargs.get("method", "GET") not in SAFE_METHODS and self.token:
            headers = dict(kwargs.get("headers") or {})
            headers.setdefault("X-CSRFToken", self.token)
            kwargs["headers"] = headers
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html":
            self._look_at(response)
        return response

    def _look_at(self, response: TestResponse) -> None:
        text = response.get_data(as_text=True)
        if text and "Location" not in response.headers:
            page = sha256(NEW_EACH_TIME.sub("", text).encode()).digest()
            problems = [] if page in _faultless else problems_of(text)
            assert not problems, f"{response.request.path}: {problems}"
            _faultless.add(page)
        found = TOKEN.search(text)
        if found:
            self.token = found[1]
