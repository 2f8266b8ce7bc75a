"""The ledger of tonnes adds up to the kilogram (储备收支台账)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.rights.domain import Level
from app.rights.reserve_documents import overview_table, statement_table, sums_of
from app.rights.tonnage import Account, Entry, EntryKind, Statement, statement, why_not_sound

VOCS = Account(Level.CITY, "VOCs", 2025)
FIRST = date(2025, 1, 1)
amounts = st.integers(1, 10**9).map(lambda kilograms: Decimal(kilograms).scaleb(-3))
days = st.integers(0, 400).map(lambda days: FIRST + timedelta(days=days))
entries = st.lists(st.tuples(st.sampled_from(EntryKind), amounts, days), max_size=25).map(
    lambda rows: [
        Entry(number, kind, amount, day, "示例〔2025〕1号")
        for number, (kind, amount, day) in enumerate(rows, start=1)
    ]
)


def entry(number: int, kind: EntryKind, amount: str, day: date = FIRST) -> Entry:
    return Entry(number, kind, Decimal(amount), day, "示例〔2025〕1号")


def test_the_supply_leaves_out_what_allocations_took_and_the_balance_does_not() -> None:
    found = statement(
        VOCS,
        Decimal("10.000"),
        [
            entry(1, EntryKind.IN, "2.500"),
            entry(2, EntryKind.CARRY_IN, "0.250"),
            entry(3, EntryKind.OUT, "1.000"),
            entry(4, EntryKind.CARRY_OUT, "0.500"),
            entry(5, EntryKind.ALLOCATION, "6.001"),
        ],
    )
    assert (found.supply, found.balance) == (Decimal("11.250"), Decimal("5.249"))
    assert why_not_sound(found) is None


def test_on_one_day_what_comes_in_counts_before_what_goes_out() -> None:
    both = [entry(1, EntryKind.OUT, "1"), entry(2, EntryKind.IN, "1")]
    assert why_not_sound(statement(VOCS, None, both)) is None


def test_a_balance_below_zero_on_any_day_is_named_with_its_day() -> None:
    later = FIRST + timedelta(days=1)
    found = statement(
        VOCS, Decimal(1), [entry(1, EntryKind.OUT, "1.001"), entry(2, EntryKind.IN, "5", later)]
    )
    sentence = why_not_sound(found) or ""
    assert "2025-01-01" in sentence
    assert "-0.001" in sentence
    assert found.balance == Decimal("4.999")


def test_a_supply_can_be_set_down_to_what_went_out() -> None:
    found = statement(VOCS, Decimal(5), [entry(1, EntryKind.OUT, "3"), entry(2, EntryKind.IN, "4")])
    assert found.least_supply == found.supply - found.lowest
    assert why_not_sound(found.with_supply(found.least_supply)) is None
    assert why_not_sound(found.with_supply(found.least_supply - Decimal("0.001")))


@given(amounts, entries)
def test_every_page_and_file_says_the_same_to_the_kilogram(
    opening: Decimal, rows: list[Entry]
) -> None:
    found = statement(VOCS, opening, rows)
    said = {name: Decimal(text) for name, text in sums_of(found).items()}
    expected = opening + sum((it.change for it in rows), Decimal(0))
    assert said["balance"] == found.balance == expected
    supply = said["opening"] + said["in"] + said["carry-in"] - said["out"] - said["carry-out"]
    assert said["supply"] == supply
    assert said["supply"] - said["allocation"] == said["balance"]
    table = statement_table(found, {}, "")
    assert Decimal(str(table.rows[-1][4])) == said["balance"]
    into = sum((Decimal(str(row[2])) for row in table.rows if row[2]), Decimal(0))
    out = sum((Decimal(str(row[3])) for row in table.rows if row[3]), Decimal(0))
    assert opening + into - out == said["balance"]
    (row,) = overview_table([found], "").rows
    assert [Decimal(str(cell)) for cell in row[3:]] == list(said.values())


@given(amounts, entries, amounts)
def test_a_set_supply_is_that_supply_and_moves_every_balance_alike(
    opening: Decimal, rows: list[Entry], supply: Decimal
) -> None:
    found = statement(VOCS, opening, rows)
    changed = found.with_supply(supply)
    assert changed.supply == supply
    shift = supply - found.supply
    assert [it.balance - shift for it in changed.lines] == [it.balance for it in found.lines]
    is_sound = why_not_sound(changed) is None
    assert is_sound == (supply >= found.least_supply)


@given(st.lists(st.tuples(st.sampled_from(["in", "out", "allocation", "carry"]), amounts)))
def test_no_tonne_comes_out_of_nothing(acts: list[tuple[str, Decimal]]) -> None:
    """Whatever is tried, what the years hold and gave out is what was brought in."""
    ledger: dict[int, list[Entry]] = {2025: [], 2026: []}
    brought, gone = Decimal(0), Decimal(0)
    for number, (act, amount) in enumerate(acts):
        if act == "carry":
            left = held(ledger, 2025).balance
            if left > 0:
                day = date(2026, 1, 1)
                ledger[2025].append(Entry(number, EntryKind.CARRY_OUT, left, day, "x"))
                ledger[2026].append(Entry(number, EntryKind.CARRY_IN, left, day, "x"))
            continue
        new = Entry(number, EntryKind(act), amount, date(2025, 6, 1), "x")
        tried = statement(VOCS, None, [*ledger[2025], new])
        if why_not_sound(tried) is None:
            ledger[2025].append(new)
            brought += amount if act == "in" else 0
            gone += 0 if act == "in" else amount
    total = held(ledger, 2025).balance + held(ledger, 2026).balance
    assert total == brought - gone
    assert held(ledger, 2025).lowest >= 0
    assert held(ledger, 2026).lowest >= 0


def held(ledger: dict[int, list[Entry]], year: int) -> Statement:
    return statement(Account(Level.CITY, "VOCs", year), None, ledger[year])
