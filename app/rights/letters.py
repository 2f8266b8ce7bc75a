"""Letters to enterprises about an issued allocation (排污权分配告知书), as plain values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.issuing.subjects import Content
from app.rights.domain import LEVEL_WORDS, Level, Section, total_of

TITLE = "排污权分配告知书"
_LINE_ENDS = str.maketrans({"\n": " ", "\r": " ", "\t": " "})


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One application in a letter."""

    project: str
    applied_on: str
    asked: str
    allocated: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to one plant's enterprise; every text is inert, whatever is in it."""

    plant_id: int
    county: str
    enterprise: str
    uscc: str
    plant: str
    number: str
    bureau: str
    signed_on: str
    opening: str
    rows: tuple[LetterRow, ...]
    total: str
    remarks: tuple[str, ...]
    sha256: str

    @property
    def title(self) -> str:
        """What stands on top."""
        return TITLE

    @property
    def file_name(self) -> str:
        """The name of its file, without the ending."""
        return f"{TITLE}_{self.enterprise}_{self.plant.split(' ', 1)[0]}"

    def values(self) -> dict[str, Any]:
        """Every part by its name, as templates read it."""
        return {"title": self.title, **asdict(self)}


def chinese_day(day: date) -> str:
    """A day as it stands under an official paper: 2026年3月2日."""
    return f"{day.year}年{day.month}月{day.day}日"


def letters_of(
    content: Content,
    *,
    number: str,
    signed_on: date,
    bureau: str,
    sha256: str,
    counties: Collection[str] | None = None,
) -> list[Letter]:
    """One letter for each plant of a frozen allocation, within ``counties`` (None: all)."""
    held: dict[int, list[dict[str, Any]]] = {}
    plants: dict[int, dict[str, Any]] = {}
    for row, plant in zip(content["list"]["rows"], content["plants"], strict=True):
        if counties is None or plant["county"] in counties:
            held.setdefault(plant["plant_id"], []).append(row)
            plants[plant["plant_id"]] = plant
    opening = _opening(content, _plain(number))
    return [
        Letter(
            plant_id=plant_id,
            county=plant["county"],
            enterprise=_plain(plant["name"]),
            uscc=plant["uscc"],
            plant=_plain(f"{plant['plant']} {plant['plant_name']}"),
            number=_plain(number),
            bureau=_plain(bureau),
            signed_on=chinese_day(signed_on),
            opening=opening,
            rows=tuple(_row(it) for it in held[plant_id]),
            total=f"{_total(held[plant_id]):.3f}",
            remarks=tuple(_remarks(held[plant_id])),
            sha256=sha256,
        )
        for plant_id, plant in plants.items()
    ]


def _opening(content: Content, number: str) -> str:
    its, law = content["list"], content["rulebook"]
    as_of = chinese_day(date.fromisoformat(its["as_of"]))
    return (
        f"你单位申请 {its['year']} 年度大气污染物排污权（{its['pollutant']}）一事，"
        f"依据《{law['title']}》（{law['status']}）和本局{LEVEL_WORDS[Level(its['level'])]}储备"
        f"排污权分配清单（{number}，截至 {as_of}），现将结果告知如下："
    )


def _plain(text: str) -> str:
    """One line of text without what no document may hold."""
    kept = text.translate(_LINE_ENDS)
    return "".join(it for it in kept if it.isprintable() or it == " ")


def _row(row: dict[str, Any]) -> LetterRow:
    given = row["allocated"]
    if row["section"] == Section.NEW_ENTERPRISE:
        given = "由本局另行决定"
    return LetterRow(
        project=_plain(row["project"]) or "不针对某个项目",
        applied_on=row["applied_on"],
        asked=row["asked"],
        allocated=given or "不纳入",
    )


def _total(rows: Iterable[dict[str, Any]]) -> Decimal:
    return total_of(Decimal(it["allocated"]) for it in rows if it["allocated"] is not None)


def _remarks(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Why, each reason once; the turn of a share names its project where there are several."""
    found: list[str] = []
    for row in rows:
        *common, last = (_plain(it["text"]) for it in row["reasons"])
        if row["section"] == Section.PRIORITY and len(rows) > 1:
            last = f"{_plain(row['project']) or '不针对某个项目'}：{last}"
        found += [*common, last]
    return list(dict.fromkeys(found))
