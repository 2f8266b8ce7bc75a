"""A person at a browser who reads forms off the page and fills them in (浏览器里的人)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import lxml.html
from flask import Flask
from werkzeug.test import TestResponse

from app.accounts.domain import Role
from app.kernel import clock
from tests.pages import CheckedClient
from tests.people import browser_of, opened

TENURE = timedelta(days=60)
"""Shorter than a password may grow old."""
NO_FORM = "no form posts to {} on {}"


@dataclass
class Office:
    """The people of a bureau and the browsers they sit at."""

    app: Flask
    ids: dict[str, int] = field(default_factory=dict)
    _since: dict[str, tuple[date, Role, str | None]] = field(default_factory=dict)

    def employ(self, name: str, role: Role, county: str | None = None) -> None:
        """Open an account; whoever had the post before keeps theirs."""
        self.ids[name] = opened(self.app, role, county=county)
        self._since[name] = (clock.today(), role, county)

    def at(self, name: str) -> CheckedClient:
        """The browser of a person who has just signed in; posts change hands now and then."""
        since, role, county = self._since[name]
        if clock.today() - since > TENURE:
            self.employ(name, role, county)
        return browser_of(self.app, self.ids[name])


def form_of(page: TestResponse, action: str) -> dict[str, str]:
    """What the form that posts to ``action`` would send as it stands, without its buttons."""
    for form in lxml.html.fromstring(page.text).forms:
        if (form.method, form.get("action")) == ("POST", action):
            return {name: str(value) for name, value in form.form_values()}
    raise AssertionError(NO_FORM.format(action, page.request.path))


def filled(page: TestResponse, action: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The same with values typed over it; each must have a field."""
    sent = form_of(page, action)
    fields = set(re.findall(r'name="([^"]+)"', page.text))
    missing = set(values) - fields
    assert not missing, (action, missing)
    return {**sent, **{name: str(value) for name, value in values.items()}}


def previewed(client: CheckedClient, address: str, values: Mapping[str, Any]) -> TestResponse:
    """Open the form, fill it in, look at what it would do."""
    form = client.get(address)
    if form.status_code != 200:
        return form
    return client.post(address, data={**filled(form, address, values), "step": "preview"})


def confirmed(client: CheckedClient, address: str, preview: TestResponse) -> TestResponse:
    """Press the preview's button."""
    return client.post(address, data={**form_of(preview, address), "step": "confirm"})


def words_of(page: TestResponse, path: str = ".//main") -> str:
    """The text of a page, blanks squeezed."""
    part = lxml.html.fromstring(page.text).find(path)
    return re.sub(r"\s+", " ", part.text_content()).strip() if part is not None else ""
