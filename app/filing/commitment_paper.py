"""承诺书 as a paper: of a draft, to be read and stamped, and of a submission, as it was signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.filing.commitment import Subject, grade_words, title_of
from app.filing.domain import Statement
from app.filing.record import Json, confirmed_words, kind_words, shown_moment

UNSIGNED, SIGNED = "未签署", "已签署"
_NUMERALS = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Line:
    """One statement as it is printed."""

    number: str
    text: str
    accepted: str = ""
    """By whom and when it was accepted; empty: not yet."""


@dataclass(frozen=True, slots=True)
class CommitmentPaper:
    """Every part by its name, as the templates of Word and PDF read it."""

    title: str
    mark: str
    bureau: str
    head: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    enterprise: str
    signed: tuple[str, ...]
    """By whom, when, and of what; empty before signing."""
    origin: str

    def values(self) -> dict[str, Any]:
        """As a template reads it."""
        return asdict(self)


def of_draft(
    subject: Subject,
    statements: Sequence[Statement],
    *,
    uscc: str,
    permit: str,
    bureau: str,
    origin: str,
    accepted: Mapping[str, str] | None = None,
) -> CommitmentPaper:
    """Before signing; ``accepted``: by statement, who accepted it and when."""
    said = accepted or {}
    return CommitmentPaper(
        title=title_of(commits=subject.commits),
        mark=UNSIGNED,
        bureau=bureau,
        head=_head(subject.enterprise, uscc, subject.plant, permit, subject.year, subject.kind,
                   subject.target),
        lines=_lines([(it.text, said.get(it.id, "")) for it in statements]),
        enterprise=subject.enterprise,
        signed=(),
        origin=origin,
    )  # fmt: skip


def of_content(content: Json, sha256: str, *, bureau: str) -> CommitmentPaper:
    """As it was signed with a submission, from the content that is frozen."""
    plant, signed = content["plant"], content["commitment"]
    commits = signed["commits"]
    moment = shown_moment(signed["signed_at"])
    said = [
        (it["text"], f"{it['by']}于 {shown_moment(it['accepted_at'])} 逐条确认")
        for it in signed["statements"]
    ]
    return CommitmentPaper(
        title=title_of(commits=commits),
        mark=SIGNED,
        bureau=bureau,
        head=_head(plant["enterprise"], plant["uscc"], f"{plant['number']} {plant['name']}",
                   plant.get("permit", ""), content["year"],
                   kind_words(content), content["target"]),
        lines=_lines(said),
        enterprise=plant["enterprise"],
        signed=(
            f"{signed['signed_by']}（{signed['role']}），{moment}，{confirmed_words(content)}。",
            f"回执编号 {content['receipt']}，第 {content['number']} 版。",
            f"申报原件校验值（SHA-256）：{sha256}",
        ),
        origin=signed["origin"],
    )  # fmt: skip


def _head(
    enterprise: str, uscc: str, plant: str, permit: str, year: int, kind: str, target: str
) -> tuple[tuple[str, str], ...]:
    return (
        ("企业名称", enterprise),
        ("统一社会信用代码", uscc),
        ("厂区", plant),
        ("排污许可证编号", permit or "未填写"),
        ("申报年度和类型", f"{year} 年度　{kind}"),
        ("申报等级", grade_words(target)),
    )


def _lines(said: Sequence[tuple[str, str]]) -> tuple[Line, ...]:
    return tuple(
        Line(_NUMERALS[place] if place < len(_NUMERALS) else str(place + 1), text, accepted)
        for place, (text, accepted) in enumerate(said)
    )
