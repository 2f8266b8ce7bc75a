"""What the register list is narrowed, sorted and searched by (台账列表), in one row a plant.

Fills the new columns from the facts and standings that are there, so nothing waits for a start.
The pairs of letters that a search looks up are an index: a full-text one beside the table on
SQLite, one on an expression on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NEVER = date(9999, 12, 31)
NUMBERED = (
    "long-process-steel", "short-process-steel", "ferroalloy", "coking", "lime-kiln", "casting",
    "alumina", "electrolytic-aluminium", "carbon", "copper-smelting", "lead-zinc-smelting",
    "molybdenum-smelting", "secondary-metals", "nonferrous-rolling", "cement", "brick-kiln",
    "ceramics", "refractories", "glass", "mineral-wool", "frp", "waterproofing",
    "refining-petrochemicals", "carbon-black", "coal-nitrogen-fertiliser", "pharmaceuticals",
    "pesticides", "coatings", "inks", "cellulose-ether", "packaging-printing", "wood-panels",
    "artificial-leather", "rubber", "footwear", "furniture", "automobiles",
    "construction-machinery", "industrial-coating",
)  # fmt: skip
_TAIL = ("sort_key", "plant_id", "enterprise_id", "closed_on")
INDEXES = {
    "name": ("sort_key", "plant_id", "enterprise_id", "closed_on", "county"),
    "enterprise": ("enterprise_id", "closed_on", "county"),
    "uscc": ("uscc", "sort_key", "plant_id"),
    **{
        name: (column, *_TAIL)
        for name, column in (
            ("county", "county"),
            ("town", "town"),
            ("officer", "officer"),
            ("industry", "industry_place"),
            ("permit", "permit_until"),
            ("state", "state_place"),
        )
    },
    "grade": ("grade_rank", *_TAIL, "grade"),
    "standing": ("standing_place", *_TAIL, "blocked", "banned_until", "lowered", "verified"),
}
_OF_PLANTS = """
    UPDATE plant_search SET
        enterprise_id = p.enterprise_id, uscc = e.uscc, county = p.county, town = p.town,
        officer = p.officer, permit_until = coalesce(p.permit_until, '9999-12-31'),
        closed_on = p.closed_on,
        state_place = CASE p.state WHEN '正常' THEN 0 WHEN '停产' THEN 1 WHEN '长期停产' THEN 2
                      ELSE 999 END
    FROM plant_record p JOIN enterprise_record e ON e.enterprise_id = p.enterprise_id
    WHERE p.plant_id = plant_search.plant_id
        AND p.annulled_at IS NULL AND e.annulled_at IS NULL
"""
_OF_STANDINGS = """
    UPDATE plant_search SET
        grade = i.grade, grade_rank = i.grade_rank, blocked = i.blocked,
        banned_until = i.banned_until, lowered = coalesce(i.basis, '') = 'finding',
        verified = i.verified, standing_until = i.until_on,
        standing_place = CASE WHEN i.banned_until IS NOT NULL THEN 0
            WHEN i.basis = 'finding' THEN 1 WHEN i.blocked THEN 2 WHEN i.grade IS NULL THEN 3
            ELSE 4 END
    FROM standing_interval i
    WHERE i.plant_id = plant_search.plant_id AND i.from_on <= :day AND i.until_on > :day
"""
_GRAMS = """
    CREATE OR REPLACE FUNCTION plant_search_grams(words text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT coalesce(array_agg(DISTINCT substr(line, place, size)), '{}')
        FROM unnest(string_to_array(words, chr(10))) AS line,
            generate_series(1, length(line)) AS place, generate_series(1, 2) AS size
    $$
"""


def _columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("enterprise_id", ID, nullable=False, server_default="0"),
        sa.Column("uscc", sa.String(18), nullable=False, server_default=""),
        sa.Column("county", sa.String(6), nullable=False, server_default=""),
        sa.Column("town", sa.String(60), nullable=False, server_default=""),
        sa.Column("officer", sa.String(60), nullable=False, server_default=""),
        sa.Column("industry_place", sa.String(44), nullable=False, server_default="zzz"),
        sa.Column("permit_until", sa.Date(), nullable=False, server_default=NEVER.isoformat()),
        sa.Column("state_place", sa.Integer(), nullable=False, server_default="999"),
        sa.Column("closed_on", sa.Date()),
        sa.Column("grade", sa.String(4)),
        sa.Column("grade_rank", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("standing_place", sa.Integer(), nullable=False, server_default="4"),
        sa.Column("blocked", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("banned_until", sa.Date()),
        sa.Column("lowered", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("verified", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("standing_until", sa.Date(), nullable=False, server_default="1970-01-01"),
    )


def upgrade() -> None:
    connection = op.get_bind()
    for column in _columns():
        op.add_column("plant_search", column)
    today = datetime.now(UTC).date().isoformat()  # the first duty of the day moves it on
    _fill(connection, today)
    op.create_table(
        "shown_day",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shown_day")),
    )
    insert = sa.text("INSERT INTO shown_day (id, day) VALUES (1, :day)")
    connection.execute(insert, {"day": today})
    op.drop_index("ix_plant_search_sort_key", "plant_search")
    for name, columns in INDEXES.items():
        op.create_index(f"ix_plant_search_by_{name}", "plant_search", list(columns))
    if connection.dialect.name == "postgresql":
        op.execute(_GRAMS)
        op.execute(
            "CREATE INDEX ix_plant_search_grams ON plant_search "
            "USING gin (plant_search_grams(text)) WITH (gin_pending_list_limit = 512)"
        )
        return
    op.execute(
        "CREATE VIRTUAL TABLE plant_gram USING fts5("
        "grams, content='', columnsize=0, detail='none', tokenize='ascii')"
    )
    rows = connection.execute(sa.text("SELECT plant_id, text FROM plant_search"))
    enter = sa.text("INSERT INTO plant_gram (rowid, grams) VALUES (:plant, :grams)")
    for part in rows.partitions(1000):
        connection.execute(enter, [{"plant": row[0], "grams": _pairs(row[1])} for row in part])


def _fill(connection: sa.Connection, today: str) -> None:
    connection.execute(sa.text(_OF_PLANTS))
    connection.execute(sa.text(_OF_STANDINGS), {"day": today})
    found = connection.execute(
        sa.text(
            "SELECT plant_id, industry FROM plant_industry "
            "WHERE role = '主要' AND annulled_at IS NULL"
        )
    )
    place = sa.text("UPDATE plant_search SET industry_place = :place WHERE plant_id = :plant")
    for part in found.partitions(1000):
        connection.execute(place, [{"plant": it[0], "place": _place(it[1])} for it in part])


def _place(industry: str) -> str:
    number = NUMBERED.index(industry) + 1 if industry in NUMBERED else 999
    return f"{number:03} {industry}"


def _pairs(text: str) -> str:
    return " ".join(dict.fromkeys(_tokens(text)))


def _tokens(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        codes = [f"{ord(letter):x}" for letter in line]
        for first, second in zip(codes, [*codes[1:], ""], strict=True):
            yield f"{first}z{second}"


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_plant_search_grams", "plant_search")
        op.execute("DROP FUNCTION plant_search_grams(text)")
    else:
        op.execute("DROP TABLE plant_gram")
    for name in INDEXES:
        op.drop_index(f"ix_plant_search_by_{name}", "plant_search")
    op.create_index(op.f("ix_plant_search_sort_key"), "plant_search", ["sort_key"])
    op.drop_table("shown_day")
    for column in reversed(_columns()):
        op.drop_column("plant_search", column.name)
