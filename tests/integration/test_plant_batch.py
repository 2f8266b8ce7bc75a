"""Many plants changed at once: previewed row by row, all or nothing, one entry (批量修改)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from app.inbox.models import Message
from app.kernel import audit
from app.kernel.authority import EVERYTHING
from app.kernel.config import ROOT
from app.kernel.database import db
from app.kernel.models import AuditEntry
from app.kernel.transaction import writing
from app.registry.change_rules import Change, ChangeKind
from app.registry.models import PlantChange
from app.registry.queries import list_plants, plant_now
from app.registry.services import (
    EnterpriseEntry,
    PlantEntry,
    correct_plants,
    move_plants,
    plant_entry,
    register_enterprises,
    register_plants,
)
from tests.facts import a_plant, code
from tests.integration.test_plant_pages import hidden
from tests.pages import CheckedClient
from tests.people import ClientAs


@pytest.fixture
def plants(app: Flask, bureau: None) -> list[int]:
    """Two plants of 越城区 and one of 柯桥区."""
    with app.app_context():
        counties = ("330602", "330602", "330603")
        return [a_plant(n, county=it)[1] for n, it in enumerate(counties)]


def values(app: Flask, field: str) -> dict[int, object]:
    with app.app_context():
        return {it.plant_id: getattr(it, field) for it in list_plants(EVERYTHING)}


def test_all_of_the_filter_is_changed_with_one_entry(
    app: Flask, client_as: ClientAs, plants: list[int]
) -> None:
    client = client_as("county-officer")
    page = client.post("/register/batch?county=330602", data={"which": "all"})
    assert "已选 2 个厂区" in page.text
    typed = {**hidden(page.text), "field": "officer", "value": "王经办", "reason": "分工调整"}
    preview = client.post("/desk/batch", data={**typed, "step": "preview"})
    assert "2 个将修改" in preview.text
    assert set(values(app, "officer").values()) == {""}
    sends = {**hidden(preview.text), "step": "confirm"}
    for _ in range(2):
        assert client.post("/desk/batch", data=sends).status_code == 303
    assert values(app, "officer") == {plants[0]: "王经办", plants[1]: "王经办", plants[2]: ""}
    with app.app_context():
        (entry,) = db.session.query(AuditEntry).filter_by(action="plants.batch")
        assert '"厂区数":2' in entry.detail.replace(" ", "")
    assert "经办人 王经办" in client.get("/register?officer=王经办").text


def test_nothing_is_changed_when_one_is_out_of_reach(
    app: Flask, client_as: ClientAs, plants: list[int]
) -> None:
    client = client_as("county-officer")
    typed = {
        "plants": ",".join(map(str, plants)), "field": "town", "value": "鉴湖", "reason": "区划",
    }  # fmt: skip
    for step in ("preview", "confirm"):
        answer = client.post("/desk/batch", data={**typed, "step": step})
        assert answer.status_code == 422
        assert "重新选择" in answer.text
    assert set(values(app, "town").values()) == {""}


def test_what_changed_since_the_preview_is_shown_again(
    app: Flask, client_as: ClientAs, plants: list[int]
) -> None:
    client, other = client_as("county-officer"), client_as("county-head")

    def sends(who: CheckedClient, value: str) -> dict[str, str]:
        typed = {"plants": str(plants[0]), "field": "town", "value": value, "reason": "区划"}
        preview = who.post("/desk/batch", data={**typed, "step": "preview"})
        return {**hidden(preview.text), "step": "confirm"}

    late, soon = sends(client, "甲镇"), sends(other, "乙镇")
    assert other.post("/desk/batch", data=soon).status_code == 303
    answer = client.post("/desk/batch", data=late)
    assert "情况有变" in answer.text
    assert values(app, "town")[plants[0]] == "乙镇"


def test_counties_are_changed_by_the_city_with_a_document(
    app: Flask, client_as: ClientAs, plants: list[int]
) -> None:
    typed = {
        "plants": ",".join(map(str, plants)), "field": "county", "value": "柯桥区",
        "reason": "区划调整", "effective_on": "2025-01-01",
    }  # fmt: skip
    client = client_as("city-officer")
    missing = client.post("/desk/batch", data={**typed, "step": "preview"})
    assert missing.status_code == 422
    assert "依据文件" in missing.text
    full = {**typed, "document": "浙政函〔2025〕1号", "step": "preview"}
    preview = client.post("/desk/batch", data=full)
    assert "3 个厂区中 2 个将修改" in preview.text
    sends = {**hidden(preview.text), "step": "confirm"}
    assert client.post("/desk/batch", data=sends).status_code == 303
    assert set(values(app, "county").values()) == {"330603"}
    assert "所在区县由越城区变更为柯桥区" in client.get(f"/plants/{plants[0]}").text
    with app.app_context():
        acts = db.session.query(AuditEntry).filter(AuditEntry.action.startswith("plant")).all()
        assert [it.action for it in acts] == ["plants.batch"]
        told = db.session.query(Message).filter_by(county="330603").all()
        assert [it.title for it in told] == ["变更区县：2 个厂区划入柯桥区"]


def test_one_refused_plant_stops_the_batch_and_can_be_left_out(
    app: Flask, client_as: ClientAs, plants: list[int]
) -> None:
    with app.app_context(), writing("测试"):
        entry = replace(plant_entry(plant_now(plants[0])), closed_on=date(2025, 1, 1))
        correct_plants({plants[0]: entry})
        audit.record("test", "plant", plants[0])
    typed = {
        "plants": ",".join(map(str, plants)), "field": "county", "value": "柯桥区",
        "reason": "区划调整", "effective_on": "2025-01-01", "document": "浙政函〔2025〕1号",
    }  # fmt: skip
    client = client_as("city-officer")
    assert client.post("/desk/batch", data={**typed, "step": "preview"}).status_code == 422
    answer = client.post("/desk/batch", data={**typed, "step": "confirm"})
    assert answer.status_code == 422
    assert "1 个厂区不能修改，整批没有保存" in answer.text
    assert "已于 2025-01-01 关闭" in answer.text
    assert set(values(app, "county").values()) == {"330602", "330603"}
    rest = client.post("/desk/batch", data={**hidden(answer.text), "step": "preview"})
    assert "2 个厂区中 1 个将修改" in rest.text
    sends = {**hidden(rest.text), "step": "confirm"}
    assert client.post("/desk/batch", data=sends).status_code == 303
    assert values(app, "county")[plants[0]] == "330602"
    assert values(app, "county")[plants[1]] == "330603"


_KILLED = """
import os, signal, sys
from datetime import date
from wsgi import app
from app.kernel import facts
from app.kernel.transaction import writing
from app.registry.change_rules import Change, ChangeKind
from app.registry.services import move_plants
real = facts.record
def die(model, rows):
    if model.__tablename__ == "plant_change":
        os.kill(os.getpid(), signal.SIGKILL)
    return real(model, rows)
facts.record = die
with app.app_context(), writing("测试"):
    ids = [int(it) for it in sys.argv[1].split(",")]
    move_plants(
        {it: Change(ChangeKind.MOVE, it, date(2025, 1, 1), "因", "文", county="330603")
         for it in ids},
        {"330602": "越城区", "330603": "柯桥区"},
    )
"""


def test_a_batch_of_two_hundred_killed_halfway_leaves_nothing(app: Flask, bureau: None) -> None:
    """kill -9 after the plants are rewritten and before their changes stand: as if never begun."""
    with app.app_context(), writing("测试"):
        (owner,) = register_enterprises([EnterpriseEntry(code(1), "大厂有限公司")])
        ids = register_plants(
            [PlantEntry(owner, f"{n:03}", f"厂{n}", "330602") for n in range(1, 201)]
        )
        audit.record("test", "enterprise", owner)
    config = app.config["CONFIG"]
    environment = {
        **os.environ, "INSTANCE_DIR": str(config.instance_dir),
        "DATABASE_URL": config.database_url, "SECRET_KEY": config.secret_key,
    }  # fmt: skip
    script = [sys.executable, "-c", _KILLED, ",".join(map(str, ids))]
    ended = subprocess.run(script, cwd=ROOT, env=environment, capture_output=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert set(values(app, "county").values()) == {"330602"}
    with app.app_context():
        moves = {
            it: Change(ChangeKind.MOVE, it, date(2025, 1, 1), "因", "文", county="330603")
            for it in ids
        }
        with writing("测试"):
            move_plants(moves, {"330602": "越城区", "330603": "柯桥区"})
            audit.record("test", "enterprise", owner)
        assert db.session.query(PlantChange).count() == 200
    assert set(values(app, "county").values()) == {"330603"}
