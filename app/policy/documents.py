"""A ranked list as its lasting document: canonical JSON with its hash, and the bureau's table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from operator import attrgetter
from typing import Any

from app.grades.domain import Standing
from app.kernel.verdicts import Reason, Verdict
from app.policy.domain import ORDER_NOTE, Candidate, RankedList, RankedRow

Document = dict[str, Any]
"""A JSON object whose keys stand in the order of the contract."""

UNHASHED = ("known_at", "sha256")
ROWS_IN_CHUNK = 1000


def canonical_bytes(document: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed: the document without the moment of knowledge and the hash."""
    return as_json({key: value for key, value in document.items() if key not in UNHASHED})


def digest(document: Mapping[str, Any]) -> str:
    """The sha256 (hex) by which a list is known: the same facts give the same one."""
    return hashlib.sha256(canonical_bytes(document)).hexdigest()


def sealed(document: Document) -> Document:
    """The document with its own hash as the last key."""
    return {**document, "sha256": digest(document)}


_text = json.encoder.encode_basestring
"""A text as `as_json` writes it."""
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def as_json(document: object) -> bytes:
    """The document as it is written to a file: UTF-8, compact, no newline at the end."""
    return _ENCODER.encode(document).encode()


def day_or_none(day: date | None) -> str | None:
    """An ISO day, or null."""
    return None if day is None else day.isoformat()


def moment_in_utc(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat()


def reasons_as_json(reasons: Iterable[Reason]) -> list[Document]:
    """The reasons of a row in their order, met or not."""
    return [{"clause": r.clause, "text": r.text, "met": r.met} for r in reasons]


def canonical_list(
    ranked: RankedList,
    *,
    known_at: datetime,
    rulebook: str,
    rulebook_status: str,
    plants: PlantsAsJson | None = None,
) -> CanonicalList:
    """The JSON of `policy run`, hash included.

    `rulebook` and its status (征求意见稿 …) are those in force on the day for the scope; `plants`
    are the plants as earlier lists of the same candidates wrote them.
    """
    head = {
        "policy": ranked.measure.id,
        "title": ranked.measure.title,
        "as_of": ranked.on.isoformat(),
        "known_at": moment_in_utc(known_at),
        "rulebook": rulebook,
        "rulebook_status": rulebook_status,
    }
    return CanonicalList(head, ranked.rows, plants)


def to_canonical(
    ranked: RankedList, *, known_at: datetime, rulebook: str, rulebook_status: str
) -> Document:
    """The same as JSON holds it."""
    listed = canonical_list(
        ranked, known_at=known_at, rulebook=rulebook, rulebook_status=rulebook_status
    )
    return listed.document


class CanonicalList:
    """The document of a ranked list, written and hashed row by row, so that a country's takes no
    more memory than its rows; `document` holds it whole."""

    def __init__(
        self, head: Document, rows: Sequence[RankedRow], plants: PlantsAsJson | None
    ) -> None:
        self._head, self._rows, self._plants = head, rows, plants

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the document in their order: what stands on top, the rows, the hash."""
        hashed = {key: value for key, value in self._head.items() if key not in UNHASHED}
        begun = hashlib.sha256(_opened(hashed))
        yield _opened(self._head)
        for chunk in _rows_in_chunks(self._rows, self._plants):
            begun.update(chunk)
            yield chunk
        begun.update(b"]}")
        yield b'],"sha256":"' + begun.hexdigest().encode() + b'"}'

    @cached_property
    def sha256(self) -> str:
        """The hash that stands at the end."""
        *_, end = self.chunks()
        return end.split(b'"')[-2].decode()

    @cached_property
    def document(self) -> Document:
        """The whole as JSON holds it."""
        document: Document = json.loads(b"".join(self.chunks()))
        return document


def _opened(head: Document) -> bytes:
    """The document up to its first row."""
    return as_json({**head, "rows": []}).removesuffix(b"]}")


def _rows_in_chunks(rows: Sequence[RankedRow], plants: PlantsAsJson | None) -> Iterator[bytes]:
    """Every row: its plant, its verdict around the rank, its facts; what repeats is kept."""
    of_plant = _PlantParts().of if plants is None else plants.of
    verdicts: dict[int, tuple[bytes, bytes]] = {}
    for first in range(0, len(rows), ROWS_IN_CHUNK):
        parts: list[bytes] = []
        for candidate, verdict, rank, _ in rows[first : first + ROWS_IN_CHUNK]:
            around = verdicts.get(id(verdict))
            if around is None:
                around = verdicts[id(verdict)] = _verdict_parts(verdict)
            begin, facts = of_plant(candidate)
            number = b"null" if rank is None else b"%d" % rank
            parts += (begin, around[0], number, around[1], facts)
        yield b"".join(parts) if first else b"".join(parts).removeprefix(b",")


class _PlantParts:
    """What a row says of its plant, before and behind its verdict."""

    def __init__(self) -> None:
        self._facts: dict[Hashable, bytes] = {}

    def of(self, candidate: Candidate) -> tuple[bytes, bytes]:
        """Both parts; facts that are the same for many plants are written once."""
        standing = candidate.standing
        read = _FACTS_READ(standing)
        facts = self._facts.get(read)
        if facts is None:
            facts = self._facts[read] = _facts_part(standing)
        return _plant_part(candidate), facts


class PlantsAsJson:
    """The same, kept for each plant from one list of a register for the next."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._candidates = candidates  # held, so that their ids stay theirs
        self._make = _PlantParts().of
        self._parts: dict[int, tuple[bytes, bytes]] = {}

    def of(self, candidate: Candidate) -> tuple[bytes, bytes]:
        """Both parts of the plant's rows."""
        parts = self._parts.get(id(candidate))
        if parts is None:
            parts = self._parts[id(candidate)] = self._make(candidate)
        return parts


def _plant_part(it: Candidate) -> bytes:
    rulebook, grade = it.standing.rulebook, it.standing.grade
    return (
        f',{{"uscc":{_text(it.uscc)},"plant":{_text(it.plant)},"plant_name":{_text(it.plant_name)}'
        f',"name":{_text(it.name)},"county":{_text(it.county)},"industry":{_text(it.industry)}'
        f',"rulebook":{"null" if rulebook is None else _text(rulebook)}'
        f',"grade":{"null" if grade is None else _text(grade)}'
    ).encode()


def _verdict_parts(verdict: Verdict) -> tuple[bytes, bytes]:
    admitted, reasons = as_json(verdict.admitted), as_json(reasons_as_json(verdict.reasons))
    return b',"admitted":' + admitted + b',"rank":', b',"reasons":' + reasons


_FACTS_READ = attrgetter("blocked", "banned_until", "violations_36m", "held_since")


def _facts_part(standing: Standing) -> bytes:
    facts = {
        "blocked": standing.blocked,
        "banned_until": day_or_none(standing.banned_until),
        "violations_36m": standing.violations_36m,
        "held_since": day_or_none(standing.held_since),
    }
    return b',"facts":' + as_json(facts) + b"}"


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
    said: dict[int, tuple[Cell, ...]] = {}
    rows = []
    for row in ranked.rows:
        last = said.get(id(row.verdict))
        if last is None:
            conclusion = "纳入" if row.admitted else "不纳入"
            last = said[id(row.verdict)] = (conclusion, *reason_cells(row.verdict.reasons))
        rows.append((row.rank, *plant_cells(row.candidate, county_names), *last))
    return Table(
        ranked.measure.title,
        (*notes, f"排序依据：{order}。{ORDER_NOTE}"),
        LIST_COLUMNS,
        tuple(rows),
    )
