"""The app's own check of an issued file: every byte of it, and what is registered beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.issuing.content import sha256_of
from app.issuing.domain import State
from app.issuing.queries import ListView
from app.issuing.verifying import file_faults
from app.policy.documents import as_json
from tests.issued_files import HEAD, KNOWN, sample_content, sample_file
from tests.policies import DAY
from tests.unit.test_verify_list import MUTATIONS

CONTENT = sample_content()
BYTES = as_json(CONTENT)
FILE = sample_file()
AT = datetime(2025, 7, 2, 3, 4, 5, tzinfo=UTC)
SIGNED_ON = date(2025, 7, 2)
VIEW = ListView(
    id=HEAD["id"],
    subject=HEAD["kind"],
    spec=HEAD["spec"],
    title=HEAD["title"],
    county="",
    as_of=DAY,
    known_at=KNOWN,
    rulebook="shaoxing-2023",
    rulebook_title="方案",
    rulebook_status="征求意见稿",
    rows=4,
    admitted=2,
    list_sha256=CONTENT["list"]["sha256"],
    content_sha256=sha256_of(BYTES),
    made_by=1,
    made_by_name=HEAD["made_by"],
    made_at=AT,
    conditions=tuple(it["text"] for it in CONTENT["conditions"]),
    state=State.IN_FORCE,
    checked_by=2,
    checked_by_name=HEAD["checked_by"],
    checked_at=AT,
    signed_by=3,
    signed_by_name=HEAD["signed_by"],
    signed_at=AT,
    number=HEAD["number"],
    signed_on=SIGNED_ON,
    effective_on=SIGNED_ON,
    draft_rulebook_confirmed=True,
    sha256=FILE.sha256,
    file_sha256=sha256_of(FILE.content),
    ended_on=None,
    replaced_by=None,
)


def test_a_sound_file_agrees_with_its_registration() -> None:
    assert file_faults(VIEW, FILE.content, BYTES) == []


@pytest.mark.parametrize(("name", "every"), [("lowest bit", 1), ("deleted", 5), ("doubled", 7),
                                             ("letter case", 11), ("cut off", 13)])  # fmt: skip
def test_every_byte_position_is_guarded(name: str, every: int) -> None:
    """Also when whoever altered it brought the hash of the file along in the database."""
    change = MUTATIONS[name]
    places = range(0, len(FILE.content), every)
    missed = [n for n in places if not file_faults(VIEW, change(FILE.content, n), BYTES)]
    assert missed == []


@pytest.mark.parametrize(
    ("altered", "label"),
    [
        ({"number": "别的文号"}, "文号"),
        ({"title": "别的清单"}, "名称"),
        ({"spec": "rights-city"}, "种类"),
        ({"county": "330602"}, "区县"),
        ({"as_of": date(2025, 7, 1)}, "截至日期"),
        ({"known_at": AT}, "所知时间"),
        ({"signed_on": date(2025, 7, 3)}, "签发日期"),
        ({"effective_on": date(2025, 7, 3)}, "施行日期"),
        ({"made_by_name": "某"}, "起草人"),
        ({"checked_by_name": "某"}, "复核人"),
        ({"signed_by_name": "某"}, "签发人"),
        ({"rulebook_status": "已印发"}, "规则集"),
        ({"conditions": ()}, "纳入条件"),
        ({"rows": 5}, "行数"),
    ],
)
def test_what_is_registered_otherwise_is_named(altered: dict[str, Any], label: str) -> None:
    told = file_faults(replace(VIEW, **altered), FILE.content, BYTES)
    assert len(told) == 1
    assert f"登记的{label}" in told[0]
