"""The index of letter pairs that a search begins with (检索索引), on either engine.

Two letters of a Chinese name are a whole search, and an index of three letters cannot find them.
So every pair of neighbouring letters is indexed: on SQLite in a full-text table that keeps nothing
but the pairs, on PostgreSQL by an index on an expression of the text itself. The index only
proposes plants; whether the text holds the word is asked of the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    SelectBase,
    and_,
    bindparam,
    column,
    func,
    inspect,
    literal,
    literal_column,
    select,
    table,
    tablesample,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from app.kernel.database import db

FULL_TEXT = "plant_gram"
TABLES = frozenset({FULL_TEXT, *(f"{FULL_TEXT}_{it}" for it in ("config", "data", "idx"))})
"""The full-text table and what SQLite keeps it in: derived, never dumped, built anew instead."""

_TEXTS = table("plant_search", column("plant_id", BigInteger), column("text", TEXT))
_ENTER = text("INSERT INTO plant_gram (rowid, grams) VALUES (:plant, :grams)")
_TAKE_OUT = text("INSERT INTO plant_gram (plant_gram, rowid, grams) "
                 "VALUES ('delete', :plant, :grams)")  # fmt: skip
_EMPTY = text("INSERT INTO plant_gram (plant_gram) VALUES ('delete-all')")
_ROWS_AT_ONCE = 1000


class _Tokens(dict[str, str]):
    """A pair as a word of its own, kept; the end of a line pairs with nothing."""

    def __missing__(self, pair: str) -> str:
        if len(self) >= _MOST_KEPT:
            self.clear()
        first, second = pair[0], pair[1:]
        token = self[pair] = f"{ord(first):x}z{ord(second):x}" if second else f"{ord(first):x}z"
        return token


_MOST_KEPT = 1 << 16
_token = _Tokens()


def grams(words: str) -> str:
    """Every pair of neighbouring letters of each line, as the full-text table takes them."""
    pairs = [line[at : at + 2] for line in words.split("\n") for at in range(len(line))]
    return " ".join([_token[pair] for pair in dict.fromkeys(pairs)])


def replace_grams(before: Mapping[int, str], after: Mapping[int, str]) -> None:
    """Follow the texts of these plants (id → text); PostgreSQL does so by itself."""
    connection = db.session.connection()
    if connection.dialect.name != "sqlite":
        return
    gone = [it for it in before if before[it] != after.get(it)]
    new = [it for it in after if after[it] != before.get(it)]
    _run(connection, _TAKE_OUT, ((it, before[it]) for it in gone))
    _run(connection, _ENTER, ((it, after[it]) for it in new))


def rebuild_grams(connection: Connection) -> None:
    """Make the index of pairs anew from the texts, after rows were put into the table as such.

    A database of an earlier structure gets it with the migration that brings it.
    """
    if connection.dialect.name != "sqlite" or not inspect(connection).has_table(FULL_TEXT):
        return
    connection.execute(_EMPTY)
    rows = connection.execute(select(_TEXTS.c.plant_id, _TEXTS.c.text))
    for part in rows.partitions(_ROWS_AT_ONCE):
        _run(connection, _ENTER, ((row[0], row[1]) for row in part))


def _run(connection: Connection, statement: Any, texts: Iterable[tuple[int, str]]) -> None:
    rows = [{"plant": plant_id, "grams": grams(words)} for plant_id, words in texts]
    if rows:
        connection.execute(statement, rows)


def proposed(words: Sequence[str]) -> SelectBase:
    """The plants whose texts hold every pair of letters of each word: all that could match."""
    if db.engine.dialect.name == "sqlite":
        asked = " ".join(_asked(word) for word in words)
        found = text("SELECT rowid AS plant_id FROM plant_gram WHERE plant_gram MATCH :grams")
        return found.bindparams(bindparam("grams", asked)).columns(_TEXTS.c.plant_id)
    pairs = {word[at : at + 2] for word in words for at in range(max(1, len(word) - 1))}
    held = func.plant_search_grams(_TEXTS.c.text, type_=ARRAY(TEXT))
    return select(_TEXTS.c.plant_id).where(held.contains(literal(sorted(pairs), ARRAY(TEXT))))


def is_worth_asking(words: Sequence[str], few: int) -> bool:
    """Whether the pairs leave few texts to look into: ``few``, or an eighth of all.

    SQLite counts them up to there. PostgreSQL looks into a hundredth of its pages: to count by the
    index of a pair that everybody has, it would make the pairs of text after text.
    """
    if db.engine.dialect.name == "sqlite":
        plants = db.session.execute(select(func.max(_TEXTS.c.plant_id))).scalar_one() or 0
        most = max(few, plants // _PART)
        some = select(proposed(words).subquery()).limit(most).subquery()
        return int(db.session.execute(select(func.count()).select_from(some)).scalar_one()) < most
    sample = tablesample(_TEXTS, func.system(1), seed=literal_column("0"))
    held = and_(*(sample.c.text.contains(it, autoescape=True) for it in words))
    found, looked_at = db.session.execute(select(func.count().filter(held), func.count())).one()
    return bool(found * _PART <= looked_at)


_PART = 8


def is_proposed(words: Sequence[str]) -> ColumnElement[bool]:
    """The same as a condition on the rows of ``plant_search``.

    On PostgreSQL a limit that nothing reaches keeps the two questions apart: whether a text holds
    a word is never answered by making its pairs, row by row.
    """
    found = proposed(words)
    if isinstance(found, Select):
        found = found.limit(_NEVER_REACHED)
    return literal_column("plant_search.plant_id").in_(found)


_NEVER_REACHED = 1 << 31


def _asked(word: str) -> str:
    if len(word) == 1:
        return f"{_token[word]}*"
    return " ".join(_token[first + second] for first, second in pairwise(word))
