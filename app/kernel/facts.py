"""Recording, annulling and replacing facts (登记、作废、更正): the three things that can be done.

Every stage's services write through these, so that each fact carries who, when and through what,
and none is ever overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import insert, or_, select, update
from sqlalchemy.sql.dml import ReturningInsert

from app.kernel import bulk
from app.kernel.bulk import Columns
from app.kernel.database import Base, Explained, Recorded, db, run
from app.kernel.transaction import transaction

Item = TypeVar("Item")
IDS_PER_STATEMENT = 900
"""PostgreSQL allows 65,535 parameters and old SQLite 999; lists of ids are cut to fit both."""


def record(model: type[Recorded], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Enter new facts in the order given; returns their ids, which grow in that order."""
    if not rows:
        return []
    return record_columns(model, {name: [row[name] for row in rows] for name in rows[0]})


def record_columns(model: type[Recorded], columns: Columns) -> list[int]:
    """The same, given the values of all facts column by column."""
    count = len(next(iter(columns.values()), ()))
    if not count:
        return []
    if count == 1:
        row = {name: values[0] for name, values in columns.items()}
        return [run(_enter_one(model), row | _stamp()).scalar_one()]
    ids = bulk.take_ids(model, count)
    bulk.insert_columns(model, {"id": ids, **columns}, **_stamp())
    return list(ids)


def _stamp() -> dict[str, Any]:
    current = transaction()
    return {
        "recorded_at": current.moment,
        "recorded_by": current.actor_id,
        "recorded_via": current.via,
    }


def columns_of(entries: Sequence[Any]) -> dict[str, list[Any]]:
    """The fields of entries (frozen dataclasses of one kind) as they are, column by column."""
    fields = entries[0].__dataclass_fields__ if entries else ()
    return {name: list(map(attrgetter(name), entries)) for name in fields}


def row_of(entry: Any) -> dict[str, Any]:
    """The fields of an entry (a frozen dataclass) as they are, for a row; nothing is copied."""
    return {name: getattr(entry, name) for name in entry.__dataclass_fields__}


_ENTER_ONE: dict[type[Recorded], ReturningInsert[tuple[int]]] = {}
"""By table, the statement by which most transactions of a person enter their one fact."""


def _enter_one(model: type[Recorded]) -> ReturningInsert[tuple[int]]:
    if model not in _ENTER_ONE:
        _ENTER_ONE[model] = insert(model).returning(model.id)
    return _ENTER_ONE[model]


def annul(model: type[Recorded], ids: Iterable[int], reason: str = "") -> None:
    """Mark standing facts as annulled from this transaction on; they stay on record."""
    current = transaction()
    why = {"annulled_reason": reason or None} if issubclass(model, Explained) else {}
    for part in in_parts(sorted(set(ids))):
        db.session.execute(
            update(model)
            .where(model.id.in_(part), model.annulled_at.is_(None))
            .values(
                annulled_at=current.moment,
                annulled_by=current.actor_id,
                annulled_via=current.via,
                **why,
            )
        )


def replace(
    model: type[Recorded], corrections: Mapping[int, Mapping[str, Any]], reason: str = ""
) -> list[int]:
    """Annul each fact and enter the new one in its place (id → new row); returns the new ids."""
    annul(model, corrections, reason)
    if issubclass(model, Explained):
        return record(model, [{**row, "replaces_id": i} for i, row in corrections.items()])
    return record(model, list(corrections.values()))


def changed_since(moment: datetime, models: Iterable[type[Recorded]] | None = None) -> bool:
    """Whether a fact of these models (None: any at all) was recorded or annulled after it."""
    return any(
        db.session.execute(
            select(model.id)
            .where(or_(model.recorded_at > moment, model.annulled_at > moment))
            .limit(1)
        ).first()
        for model in (_all_models() if models is None else models)
    )


def _all_models() -> list[type[Recorded]]:
    mapped = (mapper.class_ for mapper in Base.registry.mappers)
    return [model for model in mapped if issubclass(model, Recorded)]


def in_parts(items: Sequence[Item], size: int = IDS_PER_STATEMENT) -> Iterator[Sequence[Item]]:
    """The items in runs short enough for one statement's parameters."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
