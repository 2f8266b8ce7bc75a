"""A keystroke in the search of the register: two characters of a Chinese name, against LIKE '%…%'.

Ours is ``list_register`` with the word typed, as a person who sees the whole country calls it,
nothing kept from before. The rival asks the same database by the driver itself, without SQLAlchemy:
a statement for the page (LIKE over the texts, in the list's order, the 50 shown joined to what the
list says of them) and one for the counts. Both must give the same plants and numbers, or the figure
fails. The words are neighbouring characters of names, drawn by seed from what tells enterprises
apart (字号), the part that people type. Words that many names share (印染, 有限), one character,
initials and parts of codes are told beside it: there the index proposes so many that the texts are
looked into instead, and nothing is won but the counts of the pages that follow.
"""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from bench.country import TRADES
from bench.ground import Ground
from bench.measuring import Result, in_turns, ratio, told

from app.grades.services import show_day
from app.kernel import clock, kept
from app.kernel.authority import EVERYTHING
from app.kernel.transaction import writing
from app.portal.queries.conditions import RegisterFilter
from app.portal.queries.register import list_register
from app.portal.queries.register_statements import PAGE_SIZE
from app.registry.search import search_term

REACH = 0.1
WORDS = 20
COMMON = ("印染", "有限", "公司", "华", "yz", "0101", "91330")
PAGE = """
    SELECT page.plant_id, e.name, p.number, p.name, e.uscc, p.county, p.town, k.industry, k.subtype,
        i.grade, i.verified, i.basis, i.blocked, i.banned_until, p.permit_category,
        p.permit_until, p.state, p.closed_on, p.officer
    FROM (
        SELECT plant_id, sort_key FROM plant_search
        WHERE text LIKE {0} AND (closed_on IS NULL OR closed_on > {0})
        ORDER BY sort_key, plant_id LIMIT 51
    ) page
    JOIN plant_record p ON p.plant_id = page.plant_id AND p.annulled_at IS NULL
    JOIN enterprise_record e ON e.enterprise_id = p.enterprise_id AND e.annulled_at IS NULL
    JOIN standing_interval i ON i.plant_id = page.plant_id AND i.from_on <= {0} AND i.until_on > {0}
    LEFT JOIN plant_industry k ON k.plant_id = page.plant_id AND k.role = '主要'
        AND k.annulled_at IS NULL
    ORDER BY page.sort_key, page.plant_id
"""
COUNT = """
    SELECT count(*), count(DISTINCT enterprise_id) FROM plant_search
    WHERE text LIKE {0} AND (closed_on IS NULL OR closed_on > {0})
"""


def rival(raw: Any, word: str, on: date) -> tuple[list[int], int, int]:
    """The page and the counts by LIKE."""
    mark = "%s" if type(raw).__module__.startswith("psycopg") else "?"
    like, day = f"%{search_term(word)}%", on.isoformat()
    rows = raw.execute(PAGE.format(mark), (like, day, day, day)).fetchall()
    plants, enterprises = raw.execute(COUNT.format(mark), (like, day)).fetchone()
    return [row[0] for row in rows[:PAGE_SIZE]], plants, enterprises


def ours(word: str, on: date) -> tuple[list[int], int, int]:
    """The same by the program."""
    kept.forget()
    found = list_register(RegisterFilter(on, search=word), EVERYTHING)
    return [row[0] for row in found.rows], found.plants, found.enterprises


def words(raw: Any) -> list[str]:
    """Neighbouring characters of names drawn by seed, without trade and legal form."""
    dice = random.Random(2026)  # noqa: S311 - what to type
    names = [row[0] for row in raw.execute("SELECT name FROM enterprise_record ORDER BY id")]
    found: list[str] = []
    while len(found) < WORDS:
        name = dice.choice(names)
        own = name[: min(name.find(trade) for trade in TRADES if trade in name)]
        at = dice.randrange(len(own) - 1)
        found.append(own[at : at + 2])
    return found


def measure(place: Ground) -> list[Result]:
    """The worst word and all of them; then each common one."""
    raw, on = place.raw(), clock.today()
    with place.app().app_context():
        with writing("测量"):
            show_day(on)  # as the worker does every morning
        typed = [(word, *_taken(raw, word, on)) for word in words(raw)]
        common = [(word, *_taken(raw, word, on)) for word in COMMON]
    raw.close()
    worst = max(typed, key=lambda it: it[1] / it[2])
    mine, theirs = sum(it[1] for it in typed), sum(it[2] for it in typed)
    each = {it[0]: f"{it[3]:,} plants, {it[1] * 1000:.1f}/{it[2] * 1000:.0f} ms" for it in typed}
    return [
        ratio("search", "two characters, the worst word", place.engine, worst[1], worst[2], REACH,
              word=worst[0], plants=worst[3]),
        ratio("search", "two characters, all words", place.engine, mine, theirs, REACH, **each),
        *(
            told("search", f"{word}, which many share", place.engine, own, floor, plants=plants)
            for word, own, floor, plants in common
        ),
    ]  # fmt: skip


def _taken(raw: Any, word: str, on: date) -> tuple[float, float, int]:
    """Our seconds, the rival's, and how many plants there are."""
    shown = ours(word, on)
    if shown != rival(raw, word, on):
        raise RuntimeError(f"not the same answer: {word}")
    mine, theirs = in_turns(lambda: ours(word, on), lambda: rival(raw, word, on))
    return mine, theirs, shown[1]
