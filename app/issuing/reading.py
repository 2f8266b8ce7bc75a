"""Reading a frozen content back (读取冻结内容): pure, from JSON alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from app.issuing.domain import Line
from app.kernel.verdicts import Reason
from app.rulebook.domain import folded, with_grade

Json = Mapping[str, Any]


def reasons_of(row: Json) -> tuple[Reason, ...]:
    """The reasons of a row, in their order."""
    return tuple(Reason(it["clause"], it["text"], bool(it["met"])) for it in row["reasons"])


def facts_by_plant(content: Json) -> dict[int, tuple[Json, ...]]:
    """Every fact of the content, by the plant it bears on."""
    found: dict[int, list[Json]] = {}
    for fact in content["facts"]:
        found.setdefault(fact["plant_id"], []).append(fact)
    return {plant_id: tuple(facts) for plant_id, facts in found.items()}


def reason_words(reasons: Iterable[Reason]) -> tuple[str, str]:
    """The 理由 and 条款 of a row: every reason with whether it is met, and each clause once."""
    held = tuple(reasons)
    texts = (f"{'符合' if it.met else '不符合'}：{it.text}" for it in held)
    return "".join(texts), "、".join(dict.fromkeys(it.clause for it in held))


def standing_values(row: Json, titles: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a row of `policy run` says of the plant's standing, in words, by label."""
    facts = row["facts"]
    rulebook = row["rulebook"] or ""
    return {
        "等级": row["grade"] or "未定级",
        "规则集": (titles or {}).get(rulebook, rulebook),
        "当年限制申报": "受限" if facts["blocked"] else "没有",
        "禁止申报至": facts["banned_until"] or "不在禁止申报期内",
        "近 36 个月违法行为": f"{facts['violations_36m']} 件",
        "等级保持起始日": facts["held_since"] or "没有",
    }


def fact_words(fact: Json) -> str:
    """A frozen fact in one sentence without the full stop, with its document."""
    kind = str(fact["fact"]).split(":", 1)[0]
    if kind == "grade_record":
        until = f"，{fact['expires_on']} 起失效" if fact["expires_on"] else ""
        text = f"{with_grade('等级记录', fact['grade'])}，{fact['effective_on']} 起生效{until}"
        return _line(text, fact["source"], fact["document"])
    withdrawn = f"{fact['withdrawn_on']} 撤销" if fact["withdrawn_on"] else ""
    wide = "适用于企业全部厂区" if fact["enterprise_wide"] else ""
    if kind == "violation":
        acted = f"，{fact['acted_on']} 发生" if fact["acted_on"] else ""
        text = f"违法行为：{fact['kind']}{acted}，{fact['decided_on']} 决定"
        return _line(text, fact["document"], wide, withdrawn)
    return _line(f"虚假材料认定：{fact['found_on']}", fact["document"], wide, withdrawn)


def line_as_json(line: Line) -> str:
    """A line as it is kept beside the bytes."""
    held = {name: getattr(line, name) for name in _LINE_FIELDS}
    held["reasons"] = [[it.clause, it.text, it.met] for it in line.reasons]
    return json.dumps(held, ensure_ascii=False, separators=(",", ":"), default=list)


def line_from_json(text: str) -> Line:
    """The line that was kept."""
    held = json.loads(text)
    held["reasons"] = tuple(Reason(clause, words, met) for clause, words, met in held["reasons"])
    held["facts"] = tuple(held["facts"])
    return Line(**held)


_LINE_FIELDS = tuple(field.name for field in fields(Line))


def row_of(position: int, line: Line) -> dict[str, object]:
    """What is entered of a line beside the bytes, by column."""
    words = (line.uscc, line.name, line.plant, line.plant_name, line.matter)
    return {
        "position": position,
        "key": line.key,
        "plant_id": line.plant_id,
        "enterprise_id": line.enterprise_id,
        "county": line.county,
        "rank": line.rank,
        "admitted": line.admitted,
        "grade": line.grade,
        "search": folded("\n".join(words)),
        "line": line_as_json(line),
    }


ROW_COLUMNS = (
    "position", "key", "plant_id", "enterprise_id", "county", "rank", "admitted", "grade",
    "search", "line",
)  # fmt: skip


def rows_digest(rows: Iterable[Mapping[str, object]]) -> str:
    """The SHA-256 over everything that is entered of the lines of a list."""
    held = [[row[name] for name in ROW_COLUMNS] for row in rows]
    written = json.dumps(held, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def told(facts: Sequence[Json]) -> list[str]:
    """Frozen facts in words, in their order."""
    return [fact_words(fact) for fact in facts]


def _line(text: str, *further: str) -> str:
    return "，".join((text, *(part for part in further if part)))
