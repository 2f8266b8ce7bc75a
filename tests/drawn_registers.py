"""Registers drawn at random for the tests of lists: few values, so that every tie happens."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from app.policy.documents import to_canonical
from app.policy.domain import Candidate, RankedList, rank_candidates
from tests.policies import DAY, GRADES, ORDER, built_in_measures, candidate, standing

MEASURES = built_in_measures()
KNOWN_AT = datetime(2025, 7, 1, 8, 30, tzinfo=UTC)


@st.composite
def registers(draw: st.DrawFn) -> list[Candidate]:
    identities = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["91330602MA0000000A", "91330602MA00000001", "9133060200000000X1"]),
                st.sampled_from(["001", "002", "010", "100"]),
            ),
            unique=True,
            max_size=12,
        )
    )
    return [_plant(draw, uscc, plant) for uscc, plant in identities]


def _plant(draw: st.DrawFn, uscc: str, plant: str) -> Candidate:
    grade = draw(st.sampled_from([*GRADES, None]))
    blocked = draw(st.booleans())
    since = DAY - timedelta(days=draw(st.integers(0, 2)))
    its = standing(
        grade,
        basis=None if grade is None else draw(st.sampled_from(["record", "finding"])),
        verified=draw(st.booleans()),
        violations_36m=draw(st.integers(0, 2)),
        held_since=None if grade is None else since,
        blocked=blocked,
        blocking=tuple(range(draw(st.integers(1, 2)))) if blocked else (),
        banned_until=draw(st.sampled_from([None, date(2025, 12, 1), date(2025, 12, 2)])),
    )
    return candidate(
        uscc,
        its,
        plant,
        county=draw(st.sampled_from(["330602", "330603"])),
        industry=draw(st.sampled_from(["铸造", "水泥/熟料", "水泥/粉磨", ""])),
        livelihood=draw(st.booleans()),
        state=draw(st.sampled_from(["正常", "停产"])),
    )


DAY_SETTINGS = st.fixed_dictionaries(
    {
        "positive_list.exclude_blocked": st.booleans(),
        "ungraded_as_lowest": st.booleans(),
        "violation_year_basis": st.sampled_from(["decided", "acted"]),
    }
)
MEASURE_IDS = st.sampled_from(sorted(MEASURES))


def ranked_list(measure_id: str, plants: list[Candidate], chosen: dict[str, Any]) -> RankedList:
    return rank_candidates(MEASURES[measure_id], plants, DAY, chosen, ORDER)


def document_of(ranked: RankedList) -> dict[str, Any]:
    return to_canonical(
        ranked, known_at=KNOWN_AT, rulebook="shaoxing-2023", rulebook_status="征求意见稿"
    )
