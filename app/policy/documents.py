"""A ranked list as its lasting document: canonical JSON with its hash, and the bureau's table."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from app.kernel.verdicts import Reason
from app.policy.domain import ORDER_NOTE, Candidate, RankedList, RankedRow

Document = dict[str, Any]
"""A JSON object whose keys stand in the order of the contract."""

UNHASHED = ("known_at", "sha256")


def canonical_bytes(document: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed: the document without the moment of knowledge and the hash."""
    return as_json({key: value for key, value in document.items() if key not in UNHASHED})


def digest(document: Mapping[str, Any]) -> str:
    """The sha256 (hex) by which a list is known: the same facts give the same one."""
    return hashlib.sha256(canonical_bytes(document)).hexdigest()


def sealed(document: Document) -> Document:
    """The document with its own hash as the last key."""
    return {**document, "sha256": digest(document)}


def as_json(document: Mapping[str, Any]) -> bytes:
    """The document as it is written to a file: UTF-8, compact, no newline at the end."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def day_or_none(day: date | None) -> str | None:
    """An ISO day, or null."""
    return None if day is None else day.isoformat()


def moment_in_utc(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat()


def reasons_as_json(reasons: Iterable[Reason]) -> list[Document]:
    """The reasons of a row in their order, met or not."""
    return [{"clause": r.clause, "text": r.text, "met": r.met} for r in reasons]


def to_canonical(
    ranked: RankedList, *, known_at: datetime, rulebook: str, rulebook_status: str
) -> Document:
    """The JSON of `policy run`, hash included.

    `rulebook` and its status (征求意见稿 …) are those in force on the day for the scope.
    """
    return sealed(
        {
            "policy": ranked.measure.id,
            "title": ranked.measure.title,
            "as_of": ranked.on.isoformat(),
            "known_at": moment_in_utc(known_at),
            "rulebook": rulebook,
            "rulebook_status": rulebook_status,
            "rows": [_row_as_json(row) for row in ranked.rows],
        }
    )


def _row_as_json(row: RankedRow) -> Document:
    candidate = row.candidate
    standing = candidate.standing
    return {
        "uscc": candidate.uscc,
        "plant": candidate.plant,
        "plant_name": candidate.plant_name,
        "name": candidate.name,
        "county": candidate.county,
        "industry": candidate.industry,
        "rulebook": standing.rulebook,
        "grade": standing.grade,
        "admitted": row.admitted,
        "rank": row.rank,
        "reasons": reasons_as_json(row.reasons),
        "facts": {
            "blocked": standing.blocked,
            "banned_until": day_or_none(standing.banned_until),
            "violations_36m": standing.violations_36m,
            "held_since": day_or_none(standing.held_since),
        },
    }


Cell = str | int | None


@dataclass(frozen=True, slots=True)
class Table:
    """A list as the bureau reads it: what stands on top, the headers, the rows."""

    title: str
    notes: tuple[str, ...]
    """The lines under the title: day, rulebook with its status, 文号 place, hash."""
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


PLANT_COLUMNS = (
    "统一社会信用代码",
    "企业名称",
    "厂区编号",
    "厂区名称",
    "区县",
    "行业",
    "规则集",
    "等级",
)
LIST_COLUMNS = ("位次", *PLANT_COLUMNS, "结论", "理由", "条款")


def plant_cells(candidate: Candidate, county_names: Mapping[str, str]) -> tuple[Cell, ...]:
    """The cells of PLANT_COLUMNS; a county without a known name is shown by its code."""
    standing = candidate.standing
    return (
        candidate.uscc,
        candidate.name,
        candidate.plant,
        candidate.plant_name,
        county_names.get(candidate.county, candidate.county),
        candidate.industry,
        standing.rulebook or "",
        standing.grade or "未定级",
    )


def reason_cells(reasons: Sequence[Reason]) -> tuple[str, str]:
    """The 理由 and 条款 of a row: every reason with whether it is met, and each clause once."""
    texts = (f"{'符合' if r.met else '不符合'}：{r.text}" for r in reasons)
    return "".join(texts), "、".join(dict.fromkeys(r.clause for r in reasons))


def heading_notes(
    on: date, rulebook: str, rulebook_status: str, number: str, sha256: str
) -> tuple[str, ...]:
    """The lines that stand on every list under its title; `number` is the 文号, if given yet."""
    return (
        f"截至日期：{on.isoformat()}",
        f"规则集：{rulebook}（{rulebook_status}）",
        f"文号：{number}",
        f"校验值（SHA-256）：{sha256}",
    )


def list_table(
    ranked: RankedList,
    *,
    rulebook: str,
    rulebook_status: str,
    sha256: str,
    county_names: Mapping[str, str],
    number: str = "",
) -> Table:
    """The table of a ranked list for csv and xlsx; `sha256` is that of its canonical JSON."""
    order = "；".join(criterion.title for criterion in ranked.measure.criteria)
    notes = heading_notes(ranked.on, rulebook, rulebook_status, number, sha256)
    rows = tuple(
        (
            row.rank,
            *plant_cells(row.candidate, county_names),
            "纳入" if row.admitted else "不纳入",
            *reason_cells(row.reasons),
        )
        for row in ranked.rows
    )
    return Table(
        ranked.measure.title, (*notes, f"排序依据：{order}。{ORDER_NOTE}"), LIST_COLUMNS, rows
    )
