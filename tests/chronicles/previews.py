"""Whether a preview foretold exactly what then happened in the lists of the day (预览对照)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import lxml.html
from werkzeug.test import TestResponse

from tests.chronicles.browser import words_of
from tests.chronicles.model import MEASURES, Plant, Register, list_of, standing_on

TITLES = {
    "positive-list": "监督执法正面清单",
    "rights-city": "市级储备排污权保障",
    "rights-province": "省级储备排污权保障",
    "episode-heavy-exempt": "重污染天气可豁免",
    "episode-light-exempt": "中轻度污染天气可豁免",
    "episode-heavy-reduce": "重污染天气应急减排",
    "episode-light-reduce": "中轻度污染应急减排",
    "major-event-reduce": "重大活动强化减排",
}
_OTHERS = re.compile(r"“([^”]+)”：另有 (\d+) 个厂区的位次随之变动。")


def full_name(register: Register, plant: Plant) -> str:
    """A plant as pages name it."""
    return f"{register.enterprises[plant.owner]}（{plant.number} {plant.name}）"


def untold(page: TestResponse, before: Register, after: Register, day: date) -> Iterator[str]:
    """Where the preview and what happened part."""
    document = lxml.html.fromstring(page.text)
    panels = {
        " ".join(panel.findtext("h3").split()): panel
        for panel in document.find_class("consequence")
    }
    moved: dict[str, int] = {}
    for key in sorted(before.plants.keys() | after.plants.keys()):
        said = {
            name: sentence
            for name in TITLES
            if (sentence := _sentence(name, key, before, after, day)) is not None
        }
        plant = after.plants.get(key) or before.plants[key]
        names = {full_name(it, it.plants[key]) for it in (before, after) if key in it.plants}
        panel = next((panels[it] for it in names if it in panels), None)
        if panel is None:
            for name in said:
                moved[TITLES[name]] = moved.get(TITLES[name], 0) + 1
            if _changed(before, after, key, day):
                yield f"{full_name(after, plant)} changes untold: {words_of(page)[:900]}"
            continue
        found = {
            " ".join(it.text_content().split())
            for it in panel.iter("li")
            if any(f"“{title}”" in it.text_content() for title in TITLES.values())
        }
        if found != set(said.values()):
            happened = sorted(said.values())
            yield f"{full_name(after, plant)}: told {sorted(found)}, happened {happened}"
    told = {title: int(count) for title, count in _OTHERS.findall(document.text_content())}
    if told != moved:
        yield f"others: told {told}, happened {moved}"


def _changed(before: Register, after: Register, key: int, day: date) -> bool:
    if (key in before.plants) != (key in after.plants):
        return True
    was, becomes = before.plants[key], after.plants[key]
    return standing_on(before, was, day) != standing_on(after, becomes, day)


def _sentence(name: str, key: int, before: Register, after: Register, day: date) -> str | None:
    was, becomes = _rank(before, name, key, day), _rank(after, name, key, day)
    if was == becomes:
        return None
    if was is None:
        return f"进入“{TITLES[name]}”，位次 {becomes}。"
    if becomes is None:
        return f"退出“{TITLES[name]}”（原位次 {was}）。"
    return f"“{TITLES[name]}”的位次由 {was} 变为 {becomes}。"


def _rank(register: Register, name: str, key: int, day: date) -> int | None:
    plant = register.plants.get(key)
    if plant is None:
        return None
    for row in list_of(register, name, day):
        if (row["uscc"], row["plant"]) == (plant.owner, plant.number):
            return row["rank"]  # type: ignore[no-any-return]
    return None


assert set(TITLES) == set(MEASURES)
