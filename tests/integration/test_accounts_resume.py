"""Nothing typed is lost when a session ends, and nobody is led out of the system."""

from __future__ import annotations

import json
import re
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import sessions
from tests.conftest import Freeze
from tests.installations import close, installed
from tests.people import PASSWORD, ClientAs, signed_in

START, LATER = "2025-06-30 09:00", "2025-06-30 09:31"
TYPED = {
    "name": "lisi <b>&\"'",
    "display_name": "李四\n第二行",
    "role": "county-officer",
    "county": "330602",
    "uscc": "",
}
OWN = "http://localhost"


def name_of(client: FlaskClient) -> str:
    page = client.get("/me").get_data(as_text=True)
    found = re.search(r"（([\w.-]+)），", page)
    assert found is not None
    return found[1]


def hidden(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return [(name, unescape(value)) for name, value in found if name != "csrf_token"]


def action(page: str) -> str:
    found = re.search(r'<form method="post" action="([^"]+)"', page)
    assert found is not None
    return unescape(found[1])


@pytest.fixture
def timed_out(client_as: ClientAs, clock: Freeze) -> tuple[FlaskClient, str]:
    """A security administrator whose session has idled too long, with a form still open."""
    clock(START)
    client = client_as("security-admin")
    name = name_of(client)
    clock(LATER)
    return client, name


def test_a_form_sent_too_late_survives_the_sign_in(timed_out: tuple[FlaskClient, str]) -> None:
    client, name = timed_out
    answer = client.post("/accounts/new", data={**TYPED, "password_hint": "x"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert "没有丢失" in page
    assert name in page
    carried = dict(hidden(page))
    assert {f"typed.{key}": value for key, value in TYPED.items()}.items() <= carried.items()
    assert not any("password" in key for key in carried)

    wrong = client.post("/sign-in", data={**carried, "name": name, "password": "wrong"})
    assert dict(hidden(wrong.get_data(as_text=True))) == carried

    page = client.post("/sign-in", data={**carried, "name": name, "password": PASSWORD}).get_data(
        as_text=True
    )
    assert "继续提交" in page
    assert dict(hidden(page)) == TYPED
    assert action(page) == "/accounts/new"

    sent = client.post(action(page), data=dict(hidden(page)))
    assert sent.status_code == 422
    assert "李四" in sent.get_data(as_text=True)


def test_several_values_of_one_name_all_survive(timed_out: tuple[FlaskClient, str]) -> None:
    client, _ = timed_out
    page = client.post(
        "/accounts/new?from=list", data={"name": ["a", "b"], "role": "auditor"}
    ).get_data(as_text=True)
    values = [value for key, value in hidden(page) if key == "typed.name"]
    assert values == ["a", "b"]
    assert dict(hidden(page))["resume_path"] == "/accounts/new?from=list"


def test_a_file_has_to_be_chosen_again_and_that_is_said(
    timed_out: tuple[FlaskClient, str],
) -> None:
    client, name = timed_out
    upload = (BytesIO(b"x"), "台账.xlsx")
    page = client.post("/accounts/new", data={"name": "lisi", "file": upload}).get_data(
        as_text=True
    )
    assert "文件“台账.xlsx”不能保留" in page
    sign_in = {**dict(hidden(page)), "name": name, "password": PASSWORD}
    assert "文件须重新选择" in client.post("/sign-in", data=sign_in).get_data(as_text=True)


def test_another_person_does_not_send_what_somebody_else_typed(
    timed_out: tuple[FlaskClient, str], client_as: ClientAs
) -> None:
    client, _ = timed_out
    other = name_of(client_as("security-admin"))
    page = client.post("/accounts/new", data=TYPED).get_data(as_text=True)
    answer = client.post(
        "/sign-in", data={**dict(hidden(page)), "name": other, "password": PASSWORD}
    )
    assert answer.status_code == 303


def test_a_form_from_elsewhere_is_not_offered_for_sending(app: Flask, bureau: None) -> None:
    signed_in(app, "auditor")  # somebody has an account, so that set-up is over
    stranger = app.test_client()
    for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        answer = stranger.post("/accounts/new", data=TYPED, headers=headers)
        assert answer.status_code == 303
        assert answer.location == "/sign-in"


def test_a_form_of_a_browser_that_signed_out_survives_by_its_origin(
    client_as: ClientAs,
) -> None:
    client = client_as("security-admin")
    client.post("/sign-out")
    answer = client.post("/accounts/new", data=TYPED, headers={"Origin": OWN})
    assert answer.status_code == 401
    assert dict(hidden(answer.get_data(as_text=True)))["typed.display_name"] == "李四\n第二行"


@pytest.mark.parametrize("path", ["/sign-out", "/me/password"])
def test_a_sign_out_or_a_password_is_not_kept(
    timed_out: tuple[FlaskClient, str], path: str
) -> None:
    client, _ = timed_out
    assert client.post(path, data={"new_password": "x"}).status_code == 303


def test_htmx_is_sent_to_the_sign_in_of_the_whole_page(
    timed_out: tuple[FlaskClient, str],
) -> None:
    client, _ = timed_out
    headers = {"HX-Request": "true", "HX-Current-URL": f"{OWN}/accounts?q=li"}
    answer = client.get("/accounts?q=lis", headers=headers)
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/accounts?q%3Dli"


def test_a_part_sent_after_the_session_ended_leaves_its_page_as_it_is(
    timed_out: tuple[FlaskClient, str],
) -> None:
    """The dialog over the page asks for the sign-in; then the page learns its new token."""
    client, name = timed_out
    headers = {"HX-Request": "true", "HX-Current-URL": f"{OWN}/accounts/new"}
    posted = client.post("/accounts/new", data=TYPED, headers=headers)
    assert (posted.status_code, posted.get_data()) == (401, b"")
    assert posted.headers["HX-Reswap"] == "none"
    dialog = client.get("/sign-in", headers=headers).get_data(as_text=True)
    assert '<dialog id="sign-in-again"' in dialog
    assert "<html" not in dialog
    typed = {"name": name, "password": "wrong"}
    refused = client.post("/sign-in", data=typed, headers=headers)
    assert refused.status_code == 422
    assert '<dialog id="sign-in-again"' in refused.get_data(as_text=True)
    done = client.post("/sign-in", data={**typed, "password": PASSWORD}, headers=headers)
    said = json.loads(done.headers["HX-Trigger"])["signed-in"]
    assert said["person"] > 0
    assert said["token"]
    assert json.loads(client.get("/sign-in", headers=headers).headers["HX-Trigger"])


def test_the_page_that_was_wanted_opens_after_the_sign_in(
    timed_out: tuple[FlaskClient, str],
) -> None:
    client, name = timed_out
    asked = client.get("/accounts?q=li&role=filer")
    page = client.get(asked.location).get_data(as_text=True)
    answer = client.post(action(page), data={"name": name, "password": PASSWORD})
    assert answer.location == "/accounts?q=li&role=filer"


HOSTILE = (Path(__file__).parents[1] / "cases/hostile_redirects.txt").read_text().splitlines()
CONTROLS = [
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nLocation: https://evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "/me\u202e",
    "/\u2028/evil.example",
    "",
    "/" + "a" * 3000,
]


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The app for its table of addresses; its database stays empty."""
    folder = tmp_path_factory.mktemp("addresses")
    fresh = installed(folder, f"sqlite:///{folder / 'app.db'}")
    close(fresh)
    return fresh


@pytest.mark.parametrize("target", [*HOSTILE, *CONTROLS])
def test_no_text_leads_out_of_the_system(addresses: Flask, target: str) -> None:
    with addresses.test_request_context():
        found = sessions.safe_path(target)
    assert found is None or found.startswith(("/?", "/#"))


def test_there_are_at_least_sixty_such_texts() -> None:
    assert len({*HOSTILE, *CONTROLS}) >= 60


@pytest.mark.parametrize("target", ["/me", "/accounts?q=李&page=2", "/accounts/3", "/audit"])
def test_pages_of_the_system_are_followed(addresses: Flask, target: str) -> None:
    with addresses.test_request_context():
        assert sessions.safe_path(target) == target


def test_a_sign_in_never_answers_with_another_site(client_as: ClientAs) -> None:
    client = client_as("security-admin")
    name = name_of(client)
    for target in [*HOSTILE[:12], *CONTROLS[:4]]:
        client.get("/me")
        answer = client.post(
            "/sign-in", query_string={"next": target}, data={"name": name, "password": PASSWORD}
        )
        assert (answer.status_code, answer.location) == (303, "/")
