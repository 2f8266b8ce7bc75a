"""A test client that checks every page it fetches and sends forms as a browser would."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.pagecheck import problems_of

TOKEN = re.compile(r'name="csrf[_-]token"[^>]*(?:value|content)="([^"]+)"')
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


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
            problems = problems_of(text)
            assert not problems, f"{response.request.path}: {problems}"
        found = TOKEN.search(text)
        if found:
            self.token = found[1]
