"""政府储备排污权: the ledger of tonnes, what each reserve holds, and what is booked."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import abort, flash, make_response, request, url_for
from werkzeug import Response

from app.accounts.queries import names_of
from app.accounts.sessions import signed_in_person
from app.approvals.domain import Refused
from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.htmx import htmx_redirect
from app.kernel.permissions import can, requires
from app.policy.screens import form_wanted, offer
from app.rights.domain import LEVEL_WORDS, POLLUTANTS, ZERO, Level, total_of
from app.rights.forms import FIRST_YEAR, LAST_YEAR, Typed, read_account, read_entry
from app.rights.queries import reserves_on_record
from app.rights.queries.reserves import (
    annulled_entries,
    find_entry,
    find_statement,
    levels_kept_by,
    openings_of,
)
from app.rights.reserve_documents import (
    SUMS,
    overview_table,
    reserves_document,
    statement_table,
    sums_of,
)
from app.rights.routes.blueprint import POLLUTANT_OPTIONS, blueprint, section_page
from app.rights.services import proposals
from app.rights.services.reserves import CARRY_OVER, why_not_carry
from app.rights.tonnage import BY_HAND, OPENING_WORDS, Account, Entry, Statement
from app.rulebook.queries import parameter

HERE = "rights.reserve_list"
PROPOSED = "已提交复核。另一位有权限的人员复核通过后入账。"


def _kept_levels() -> tuple[Level, ...]:
    """The levels whose reserves this person may book; none without the permission."""
    return levels_kept_by(signed_in_person().user_id, clock.today())


def _people(*statements: Statement) -> dict[int, str]:
    return names_of(line.entry.recorded_by for it in statements for line in it.lines)


@blueprint.get("/reserves")
@requires(Permission.POLICY_VIEW)
def reserve_list() -> str:
    """Every reserve by year with what came in, went out and is left."""
    found = reserves_on_record()
    years: dict[int, list[tuple[str, list[Statement]]]] = {}
    for year in dict.fromkeys(it.year for it in found):
        years[year] = [
            (name, held)
            for name in POLLUTANTS
            if (held := [s for it, s in found.items() if (it.year, it.pollutant) == (year, name)])
        ]
    return section_page(
        "reserves",
        years=years,
        sums=SUMS,
        sums_of=sums_of,
        levels=LEVEL_WORDS,
        total_of_all=_total_of_all,
        pending=proposals.pending(),
        may_export=can(Permission.POLICY_EXPORT) and found,
        may_book=bool(_kept_levels()),
    )


def _total_of_all(held: list[Statement]) -> dict[str, str]:
    """The sums of a pollutant over both levels, from the same sums that stand beside them."""
    each = [sums_of(it) for it in held]
    return {name: str(total_of(Decimal(it[name]) for it in each)) for name, _ in SUMS}


@blueprint.post("/reserves/export")
@requires(Permission.POLICY_EXPORT)
def export_reserves() -> Response:
    """All reserves with their sums; the JSON holds every entry."""
    found = list(reserves_on_record().values())
    document = reserves_document(found, _people(*found), clock.now())
    table = overview_table(found, str(document["sha256"]))
    return offer(document, table, form_wanted(), (table.title,), "排污权储备")


def _account_or_404(level: str, pollutant: str, year: int) -> Account:
    if level not in set(Level) or pollutant not in POLLUTANTS:
        abort(404)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        abort(404)
    return Account(Level(level), pollutant, year)


def _statement_or_404(account: Account) -> Statement:
    found = find_statement(account)
    if found is None:
        abort(404, "没有登记这一储备。请从储备一览中选择。")
    return found


@blueprint.get("/reserves/<level>/<pollutant>/<int:year>")
@requires(Permission.POLICY_VIEW)
def reserve_statement(level: str, pollutant: str, year: int) -> str:
    """The statement of one reserve: entries with balances, and those annulled."""
    account = _account_or_404(level, pollutant, year)
    found = _statement_or_404(account)
    keeps = account.level in _kept_levels()
    annulled = annulled_entries(account)
    people = _people(found)
    pending = proposals.pending().get(account, [])
    people.update(names_of(it.entry.recorded_by for it in annulled))
    people.update(names_of(it.proposed_by for it in pending))
    return section_page(
        "statement",
        HERE,
        statement=found,
        account=account,
        sums=SUMS,
        said=sums_of(found),
        people=people,
        openings=openings_of(account),
        pending=pending,
        opening_words=OPENING_WORDS,
        annulled=annulled,
        may_book=keeps,
        may_carry=keeps and why_not_carry(account, found.balance, clock.today()) is None,
        carry_setting=parameter(CARRY_OVER, clock.today()),
        may_export=can(Permission.POLICY_EXPORT),
        address=_address(account),
    )


@blueprint.post("/reserves/<level>/<pollutant>/<int:year>/export")
@requires(Permission.POLICY_EXPORT)
def export_statement(level: str, pollutant: str, year: int) -> Response:
    """The statement of one reserve as a file."""
    found = _statement_or_404(_account_or_404(level, pollutant, year))
    people = _people(found)
    document = reserves_document([found], people, clock.now())
    table = statement_table(found, people, str(document["sha256"]))
    return offer(document, table, form_wanted(), (table.title,), "排污权储备")


def _address(account: Account, endpoint: str = "rights.reserve_statement") -> str:
    return url_for(
        endpoint, level=str(account.level), pollutant=account.pollutant, year=account.year
    )


# --- Booking -----------------------------------------------------------------------------------


@blueprint.get("/reserves/entries/new")
@requires(Permission.RESERVE_RECORD)
def new_entry() -> str:
    """The form of an entry, for the reserve that the address names."""
    return _entry_page(Typed({"booked_on": clock.today().isoformat(), **request.args.to_dict()}))


@blueprint.post("/reserves/entries/new")
@requires(Permission.RESERVE_RECORD)
def propose_entry() -> Response:
    """Put an entry before a second person."""
    form = Typed(request.form)
    draft = read_entry(form, _kept_levels(), clock.today())
    if draft is not None:
        made = _attempt(form, lambda: proposals.propose_entry(draft))
        if made:
            return _proposed(draft.account)
    return make_response(_entry_page(form), form.status)


def _attempt(form: Typed, act: Callable[[], object]) -> bool:
    """Whether it was proposed; what the ledger refuses is told on top of the form."""
    try:
        act()
    except Refused as refused:
        form.refuse(refused)
        return False
    return True


def _proposed(account: Account) -> Response:
    flash(PROPOSED, "done")
    shown = find_statement(account) is not None
    return htmx_redirect(_address(account) if shown else url_for(HERE))


def _entry_page(form: Typed, **context: Any) -> str:
    levels = {str(it): LEVEL_WORDS[it] for it in _kept_levels()}
    return section_page(
        "entry",
        HERE,
        form=form,
        levels=levels,
        pollutants=POLLUTANT_OPTIONS,
        kinds={str(it): it.words for it in BY_HAND},
        **{"entry": None, "account": None, **context},
    )


def _entry_or_404(entry_id: int) -> tuple[Account, Entry]:
    found = find_entry(entry_id)
    if found is None or found[0].level not in _kept_levels():
        abort(404, "没有这条收支，或者它已经作废。")
    return found


@blueprint.get("/reserves/entries/<int:entry_id>")
@requires(Permission.RESERVE_RECORD)
def entry_page(entry_id: int) -> str:
    """Correcting an entry or annulling it, both put before a second person."""
    account, entry = _entry_or_404(entry_id)
    return _entry_page(_as_typed(account, entry), entry=entry, account=account)


def _as_typed(account: Account, entry: Entry) -> Typed:
    return Typed(
        {
            "level": str(account.level),
            "pollutant": account.pollutant,
            "year": str(account.year),
            "kind": str(entry.kind),
            "tonnes": str(entry.tonnes),
            "booked_on": entry.booked_on.isoformat(),
            "document": entry.document,
            "reason": entry.reason,
        }
    )


@blueprint.post("/reserves/entries/<int:entry_id>/correct")
@requires(Permission.RESERVE_RECORD)
def propose_correction(entry_id: int) -> Response:
    """Put a corrected entry before a second person; the old one stays on record as annulled."""
    account, entry = _entry_or_404(entry_id)
    form = Typed(request.form)
    draft = read_entry(form, _kept_levels(), clock.today())
    why = form.text("why", "更正原因")
    if draft is None or form.errors:
        return make_response(_entry_page(form, entry=entry, account=account), form.status)
    if _attempt(form, lambda: proposals.propose_correction(entry_id, draft, why)):
        return _proposed(account)
    return make_response(_entry_page(form, entry=entry, account=account), form.status)


@blueprint.post("/reserves/entries/<int:entry_id>/annul")
@requires(Permission.RESERVE_RECORD)
def propose_annulment(entry_id: int) -> Response:
    """Put the annulment of an entry before a second person."""
    account, entry = _entry_or_404(entry_id)
    typed = Typed({**_as_typed(account, entry).values, **request.form.to_dict()})
    why = typed.text("annul_why", "作废原因")
    document = typed.text("annul_document", "作废依据", required=False)
    if not typed.errors and _attempt(
        typed, lambda: proposals.propose_annulment(entry_id, why, document)
    ):
        return _proposed(account)
    return make_response(_entry_page(typed, entry=entry, account=account), typed.status)


@blueprint.get("/reserves/carry")
@requires(Permission.RESERVE_RECORD)
def carry_page() -> str:
    """The form that carries what is left of a reserve into the next year."""
    return _carry_page(Typed({"booked_on": clock.today().isoformat(), **request.args.to_dict()}))


@blueprint.post("/reserves/carry")
@requires(Permission.RESERVE_RECORD)
def propose_carry() -> Response:
    """Put a carry-over before a second person."""
    form = Typed(request.form)
    account = read_account(form, _kept_levels())
    day = form.day("booked_on", "结转日期", clock.today())
    document = form.text("document", "依据文件")
    reason = form.text("reason", "事由", required=False)
    if account is not None and day is not None and not form.errors:
        left = (find_statement(account) or Statement(account, ZERO, ())).balance
        if _attempt(form, lambda: proposals.propose_carry(account, left, day, document, reason)):
            return _proposed(account)
    return make_response(_carry_page(form), form.status)


def _carry_page(form: Typed) -> str:
    account = read_account(Typed(form.values), _kept_levels())
    found = find_statement(account) if account else None
    return section_page(
        "carry",
        HERE,
        form=form,
        statement=found,
        levels={str(it): LEVEL_WORDS[it] for it in _kept_levels()},
        pollutants=POLLUTANT_OPTIONS,
        carry_setting=parameter(CARRY_OVER, clock.today()),
    )
