"""The files, macros and headers every page relies on."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, render_template_string
from jinja2 import StrictUndefined

from app.kernel import assets, htmx, look, routes
from app.kernel.config import Config
from app.kernel.verdicts import Reason

HTMX = {"HX-Request": "true", "HX-Target": "rows"}


@pytest.fixture
def bare(tmp_path: Path) -> Flask:
    """Nothing but the look: no database, nobody signed in."""
    app = Flask(__name__, static_folder=None)
    app.config["SECRET_KEY"] = "test"
    app.config["CONFIG"] = Config(tmp_path, "", "test")
    app.jinja_env.undefined = StrictUndefined
    look.init_app(app)
    app.register_blueprint(routes.blueprint)
    app.jinja_env.globals["csrf_token"] = lambda: "token"

    @app.get("/list/<int:page>")
    def listing(page: int) -> str:
        return look.url_with(sort="name", after=None)

    return app


def _url(app: Flask, name: str) -> str:
    with app.test_request_context():
        return assets.asset_url(name)


@pytest.mark.parametrize(
    "name", ["bootstrap.css", "htmx.js", "app.css", "parts.css", "print.css", "app.js", "icon.svg"]
)
def test_a_listed_file_is_kept_for_ever_under_the_hash_of_its_bytes(bare: Flask, name: str) -> None:
    client = bare.test_client()
    answer = client.get(_url(bare, name))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    etag = answer.headers["ETag"]
    assert client.get(_url(bare, name), headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    "path",
    ["/assets/0000000000000000/app.css", "/assets/{digest}/app.py", "/assets/{digest}/../app.css"],
)
def test_any_other_file_is_not_there(bare: Flask, path: str) -> None:
    digest = _url(bare, "app.css").split("/")[2]
    assert bare.test_client().get(path.format(digest=digest)).status_code == 404


def test_no_style_sheet_asks_for_an_image_that_the_policy_refuses(bare: Flask) -> None:
    client = bare.test_client()
    for name in ("bootstrap.css", "app.css", "parts.css", "print.css"):
        assert b"url(" not in client.get(_url(bare, name)).data, name


def test_htmx_may_neither_evaluate_nor_insert_scripts_nor_leave_the_server() -> None:
    settings = json.loads(htmx.htmx_settings())
    assert settings["selfRequestsOnly"] is True
    for name in ("allowEval", "allowScriptTags", "includeIndicatorStyles"):
        assert settings[name] is False


@pytest.mark.parametrize(
    ("headers", "part"),
    [
        ({}, False),
        (HTMX, True),
        (HTMX | {"HX-Boosted": "true"}, False),
        (HTMX | {"HX-History-Restore-Request": "true"}, False),
    ],
)
def test_only_a_part_of_a_page_is_answered_with_a_part(
    bare: Flask, headers: dict[str, str], part: bool
) -> None:
    with bare.test_request_context(headers=headers):
        assert htmx.is_fragment_request() is part
        assert htmx.fragment_target() == ("rows" if part else None)


def test_a_redirect_reaches_htmx_and_browsers_alike(bare: Flask) -> None:
    with bare.test_request_context(headers=HTMX):
        assert htmx.htmx_redirect("/list?a=1").headers["HX-Redirect"] == "/list?a=1"
    with bare.test_request_context():
        answer = htmx.htmx_redirect("/list?a=1")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/list?a=1")


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "list",
        "",
        "/a\r\nX: 1",
        "/\t/e",
    ],
)
def test_a_redirect_never_leaves_the_server(bare: Flask, path: str) -> None:
    with bare.test_request_context(), pytest.raises(ValueError, match="not an address"):
        htmx.htmx_redirect(path)


def test_a_toast_in_chinese_survives_as_a_header() -> None:
    header = htmx.toast(Response(), "已保存").headers["HX-Trigger"]
    assert header.isascii()
    assert json.loads(header) == {"toast": {"message": "已保存", "kind": "done"}}


def test_a_link_changes_one_parameter_and_keeps_the_others(bare: Flask) -> None:
    answer = bare.test_client().get("/list/3?q=印染&county=330602&county=330603&after=x&endpoint=y")
    assert answer.text == (
        "/list/3?q=%E5%8D%B0%E6%9F%93&county=330602&county=330603&endpoint=y&sort=name"
    )


def _rendered(app: Flask, template: str, **context: Any) -> str:
    with app.test_request_context():
        return render_template_string(template, **context)


@pytest.mark.parametrize("grade", ["A+", "A", "引领性", "B", "B-", "C", "D", "非引领性"])
def test_every_grade_has_its_tag_with_the_word_itself(bare: Flask, grade: str) -> None:
    tag = _rendered(bare, "{{ ui.grade_tag(grade) }}", grade=grade)
    assert f">{grade}</span>" in tag
    assert "grade-none" not in tag


def test_no_grade_is_told_as_ungraded(bare: Flask) -> None:
    assert "未定级" in _rendered(bare, "{{ ui.grade_tag(none) }}")


def test_a_verdict_shows_its_facts_in_words_and_never_by_number(bare: Flask) -> None:
    reason = Reason(
        "PLAN-BLOCK", "有违法行为。", met=False, facts=("violation:17", "绍环罚〔2025〕12 号")
    )
    html = _rendered(bare, "{{ ui.verdict('不纳入', [reason]) }}", reason=reason)
    assert "绍环罚〔2025〕12 号" in html
    assert "PLAN-BLOCK" in html
    assert "violation:17" not in html


def test_text_from_the_register_is_never_markup(bare: Flask) -> None:
    @dataclass(frozen=True)
    class Entry:
        day: None
        title: str

    html = _rendered(
        bare,
        "{{ ui.timeline([entry]) }}{{ ui.definitions([(bad, bad)]) }}{{ ui.code(bad) }}"
        "{{ ui.chips([(bad, bad, '/')]) }}{{ ui.empty_state(bad) }}{{ ui.grade_tag(bad) }}",
        bad="<b>x</b>",
        entry=Entry(None, "<b>x</b>"),
    )
    assert "<b>" not in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 422, 500, 503])
def test_every_error_says_what_happened_why_and_what_to_do(bare: Flask, status: int) -> None:
    template = f"{{% extends 'kernel/errors/{status}.html' %}}"
    page = _rendered(bare, template, request_id="3fa91c")
    for words in ("<!doctype html>", "原因", "怎么办", "3fa91c"):
        assert words in page
    with bare.test_request_context(headers=HTMX):
        part = render_template_string(template, request_id="3fa91c")
    assert "<html" not in part
    assert "怎么办" in part
    bare.config["CONFIG"] = replace(bare.config["CONFIG"], for_filers=True)
    assert "管理员" not in _rendered(bare, template, request_id="3fa91c")
