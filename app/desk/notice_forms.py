"""A notice to enterprises as typed (通知), and whom it would reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from app.inbox.services import Notice
from app.kernel import clock
from app.kernel.asked import read_day
from app.registry.queries import PlantOnRecord

LONGEST_TITLE, LONGEST_BODY = 100, 5000


@dataclass(slots=True)
class NoticeForm:
    """The form as typed; ``errors`` by field."""

    title: str = ""
    body: str = ""
    county: str = ""
    codes: str = ""
    asks_receipt: bool = True
    due: str = ""
    due_on: date | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def notice(self) -> Notice:
        """What is sent."""
        return Notice(self.title, self.body, self.asks_receipt, self.due_on)

    @property
    def faults(self) -> list[tuple[str, str]]:
        """The id of each wrong field and its sentence."""
        return [(f"f-{name}", sentence) for name, sentence in self.errors.items()]

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The same as hidden fields of the form that sends."""
        receipt = [("asks_receipt", "1")] if self.asks_receipt else []
        return [
            ("title", self.title), ("body", self.body), ("county", self.county),
            ("codes", self.codes), ("due", self.due), *receipt,
        ]  # fmt: skip


def read_notice(form: Mapping[str, str]) -> NoticeForm:
    """The form as sent, with what is wrong in it."""
    typed = NoticeForm(
        title=form.get("title", "").strip(),
        body=form.get("body", "").strip(),
        county=form.get("county", ""),
        codes=form.get("codes", "").strip(),
        asks_receipt=bool(form.get("asks_receipt")),
        due=form.get("due", "").strip(),
    )
    for name, text, limit, words in (
        ("title", typed.title, LONGEST_TITLE, "标题"),
        ("body", typed.body, LONGEST_BODY, "正文"),
    ):
        if not text:
            typed.errors[name] = f"{words}没有填写。请填写后重新提交。"
        elif len(text) > limit:
            typed.errors[name] = f"{words}最多 {limit} 字，现有 {len(text)} 字。请删减。"
    try:
        typed.due_on = read_day(typed.due)
    except ValueError as fault:
        typed.errors["due"] = str(fault)
    if typed.due_on is not None and typed.due_on < clock.today():
        typed.errors["due"] = f"期限 {typed.due_on} 已经过去。请填写今天或以后的日期，或留空。"
    return typed


@dataclass(frozen=True, slots=True)
class Target:
    """An enterprise that gets the notice, for a plant of this county."""

    enterprise_id: int
    name: str
    uscc: str
    county: str


def targets(typed: NoticeForm, plants: list[PlantOnRecord]) -> list[Target]:
    """The enterprises with a plant among these, each once; notes in the form what is unknown."""
    wanted = {it.strip().upper() for it in typed.codes.replace("，", "\n").splitlines()} - {""}
    known: set[str] = set()
    found: dict[int, Target] = {}
    for plant in sorted(plants, key=lambda it: (it.county, it.plant_id)):
        if typed.county and plant.county != typed.county:
            continue
        names = {plant.uscc, plant.enterprise_name.upper()}
        if wanted and not wanted & names:
            continue
        known |= wanted & names
        target = Target(plant.enterprise_id, plant.enterprise_name, plant.uscc, plant.county)
        found.setdefault(plant.enterprise_id, target)
    if missing := sorted(wanted - known):
        shown = "、".join(it[:40] for it in missing[:5])
        typed.errors["codes"] = (
            f"所选区县的台账中没有：{shown}{'等' if len(missing) > 5 else ''}。"
            "请按统一社会信用代码或完整企业名称填写，每行一家。"
        )
    elif not found:
        typed.errors["county"] = "没有可以收到通知的企业。请改换区县。"
    return sorted(found.values(), key=lambda it: (it.county, it.name))
