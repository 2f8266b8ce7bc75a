"""A plant's history in order: corrections beside what they correct, as known at any moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from app.portal.timeline import FactRow, arrange

MAY, JUNE, JULY = (datetime(2025, month, 1, 1, tzinfo=UTC) for month in (5, 6, 7))
TODAY = date(2025, 8, 1)


def fact(number: int, title: str = "B 级", **changes: object) -> FactRow:
    row = FactRow(
        kind="grade_record",
        id=number,
        day=date(2025, 4, 1),
        title=title,
        text="",
        tag=("neutral", "等级核定"),
        document="示例〔2025〕1号",
        identity=("shaoxing-2023", date(2025, 4, 1)),
        withdrawn_on=None,
        recorded_at=MAY,
        recorded_by="某甲",
        recorded_via="web",
    )
    return replace(row, **changes)  # type: ignore[arg-type]


ORIGINAL = fact(1, annulled_at=JUNE, annulled_by="某乙", annulled_via="web")
CORRECTED = fact(2, "B- 级", recorded_at=JUNE, annulled_at=JULY, annulled_by="某丙")
LATEST = fact(3, "C 级", recorded_at=JULY)


def test_a_correction_shows_the_present_record_with_every_former_one_beside_it() -> None:
    (entry,) = arrange([ORIGINAL, CORRECTED, LATEST], TODAY, None).past
    assert entry.title == "C 级"
    assert not entry.ended
    assert [it.title for it in entry.corrections] == ["B- 级", "B 级"]
    assert all("已由现记录更正" in it.ended for it in entry.corrections)
    assert "某乙" in entry.corrections[1].ended


def test_as_known_before_the_correction_the_first_record_stands_alone() -> None:
    (entry,) = arrange([ORIGINAL, CORRECTED, LATEST], TODAY, MAY).past
    assert (entry.title, entry.ended, entry.corrections) == ("B 级", "", ())
    (entry,) = arrange([ORIGINAL, CORRECTED, LATEST], TODAY, JUNE).past
    assert entry.title == "B- 级"
    assert [it.title for it in entry.corrections] == ["B 级"]


def test_a_record_annulled_without_a_successor_stands_struck_by_itself() -> None:
    unrelated = fact(9, "A 级", identity=("shaoxing-2023", date(2024, 1, 1)), recorded_at=JUNE)
    entries = arrange([ORIGINAL, unrelated], TODAY, None).past
    struck = next(entry for entry in entries if entry.title == "B 级")
    assert "已作废" in struck.ended
    assert all(entry.corrections == () for entry in entries)


def test_the_newest_fact_is_on_top_and_later_days_stand_apart() -> None:
    days = (date(2025, 8, 2), date(2025, 8, 1), date(2025, 1, 1))
    rows = [fact(number, identity=(day,), day=day) for number, day in enumerate(days)]
    history = arrange(rows, TODAY, None)
    assert [entry.day for entry in history.past] == [date(2025, 8, 1), date(2025, 1, 1)]
    assert [entry.day for entry in history.later] == [date(2025, 8, 2)]


def test_a_withdrawal_ends_a_fact_from_its_day_on() -> None:
    row = fact(1, withdrawn_on=date(2025, 8, 1))
    assert "撤销" in arrange([row], date(2025, 8, 1), None).past[0].ended
    assert arrange([row], date(2025, 7, 31), None).past[0].ended == ""


def test_an_enterprise_reads_the_day_of_recording_and_no_name() -> None:
    (entry,) = arrange([ORIGINAL, CORRECTED], TODAY, None, named=False).past
    told = str(entry)
    assert entry.recorded == "2025-06-01"
    assert not any(name in told for name in ("某甲", "某乙", "某丙", "网页"))
