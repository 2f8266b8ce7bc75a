"""How pages and files speak of indicator tables (指标表的说法)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from app.indicators.queries import Family, Ruling, VersionHead, ruling_on
from app.kernel import clock
from app.rulebook.queries import catalogue, rulebook_titles

State = Literal["in-force", "coming", "waiting", "draft", "retired"]
STATE_WORDS: dict[State, str] = {
    "in-force": "施行中",
    "coming": "待施行",
    "waiting": "待复核",
    "draft": "未施行",
    "retired": "已停用",
}
STATE_TAGS: dict[State, str] = {
    "in-force": "done",
    "coming": "soon",
    "waiting": "soon",
    "draft": "neutral",
    "retired": "neutral",
}
KIND_WORDS = {"base": "指南指标", "supplement": "省级补充要求"}


def industry_label(family: Family, on: date | None = None) -> str:
    """行业/子类 as the catalogue calls it on a day."""
    found = next((it for it in catalogue().industries if it.id == family.industry), None)
    if found is None:
        return f"{family.industry}/{family.subtype}" if family.subtype else family.industry
    return found.label(family.subtype or None, on or clock.today())


def rulebook_label(family: Family) -> str:
    """The rulebook's short title."""
    return rulebook_titles().get(family.rulebook, family.rulebook)


def kind_label(family: Family) -> str:
    """指南指标, or 省级补充要求 with what it is called."""
    words = KIND_WORDS[family.kind]
    return f"{words}（{family.part}）" if family.part else words


def state_of(family: Family, rulings: list[Ruling], waiting: Iterable[int], on: date) -> State:
    """How a family stands on a day; ``waiting`` are those with something to be decided."""
    now = ruling_on(rulings, family.id, on)
    if now is not None and now.version_id is not None:
        return "in-force"
    if any(it.family_id == family.id and it.from_on > on and it.version_id for it in rulings):
        return "coming"
    if family.id in set(waiting):
        return "waiting"
    return "draft" if now is None else "retired"


def version_words(head: VersionHead, rulings: list[Ruling], on: date) -> str:
    """What became of a version: 施行中, 曾施行, 待施行, or nothing."""
    own = [it for it in rulings if it.version_id == head.id]
    now = ruling_on(rulings, head.family_id, on)
    if now is not None and now.version_id == head.id:
        return "施行中"
    if any(it.from_on > on for it in own):
        return "待施行"
    return "曾施行" if own else ""
