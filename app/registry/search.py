"""The words a plant is found by (检索): names, pinyin initials, code, permit number."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date

from app.registry.domain import PlantState, name_key
from app.registry.pinyin import pinyin, pinyin_initials

AFTER_ALL = 999
LAST_DAY = date(9999, 12, 31)
"""What sorts after every place, and after every day."""


def search_text(
    name: str,
    former_name: str,
    plant_name: str,
    uscc: str,
    permit: str,
    others: Iterable[str] = (),
) -> str:
    """One folded text that a substring of any of them, or of the initials, is found in.

    ``others`` are the names that the plant and its owners bore before.
    """
    key, former_key = name_key(name), name_key(former_name)
    parts = [
        key,
        former_key,
        name_key(plant_name),
        pinyin_initials(key),
        pinyin_initials(former_key),
        uscc,
        permit,
    ]
    known = {name, former_name, plant_name}
    for other in sorted({name_key(it) for it in others if it not in known} - set(parts)):
        parts += [other, pinyin_initials(other)]
    return "\n".join(part.lower() for part in parts if part)


def search_term(typed: str) -> str:
    """What a person typed, folded the same way."""
    return name_key(unicodedata.normalize("NFKC", typed)).lower()


def sort_key(name: str, plant_number: str) -> str:
    """Sorts enterprises as a Chinese reader expects (by pinyin), then by plant number."""
    return f"{pinyin(name)[:230]}\x1f{plant_number}"


NO_INDUSTRY = "zzz"
"""Sorts a plant without a main industry after every place of :func:`industry_place`."""


def industry_place(industry: str, numbers: Mapping[str, int | None]) -> str:
    """Sorts the national industries by their number, then the local ones by id."""
    return f"{numbers.get(industry) or AFTER_ALL:03} {industry}"


def state_place(state: str) -> int:
    """Where a 生产状态 stands among the three; after them where none is filled in."""
    places = {it.value: place for place, it in enumerate(PlantState)}
    return places.get(state, AFTER_ALL)
