"""What a draft is judged by (申报行业、目标等级、指标表): chosen, changed, newer ones taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, insert, select, update

from app.approvals.domain import Refused
from app.filing.answers import answer_text, fitting, is_empty, read_answer
from app.filing.domain import TRANSPORT
from app.filing.models import FilingAnswer, FilingEvidence, FilingTable
from app.filing.queries import Filing, Wanted, admission_again, described, find_tables, working
from app.filing.queries.tables import ids_text
from app.filing.queries.working import WorkingTable, working_tables
from app.filing.services.course import changed, enter, open_for_entries, refuse_unseen
from app.filing.services.starting import NotAdmitted
from app.indicators.comparing import differences
from app.kernel import clock
from app.kernel.database import db
from app.kernel.transaction import transaction
from app.registry.queries import IndustryOfPlant
from app.rulebook.domain import Grade, Rulebook, UnknownEntry
from app.rulebook.queries import rulebook_on

MOST_TABLES = 12


def set_target(filing_id: int, target: Grade, seen_revision: int | None = None) -> None:
    """Choose another target. Raises NotAdmitted where it may not be filed for, Refused."""
    filing = open_for_entries(filing_id)
    refuse_unseen(filing, seen_revision)
    if target == filing.target:
        return
    now = working(filing, _today())
    verdict = admission_again(
        filing.plant, filing.kind, filing.year, target, now.on,
        filing_id=filing_id, first_submitted=now.first_submitted,
    )  # fmt: skip
    if not verdict.admitted:
        raise NotAdmitted(verdict)
    changed(filing, target=target)
    enter("filing.target_set", filing, {"原目标": filing.target, "目标等级": target})


def _today() -> date:
    return clock.day_of(transaction().moment)


# --- Industries -----------------------------------------------------------------------------


def choose_tables(
    filing_id: int, chosen: Sequence[tuple[str, str]], seen_revision: int | None = None
) -> None:
    """Choose main and reference industries, each with its sub-type, the main one first.

    What was entered for an industry that stays is kept, and so is its place; what was entered for
    one that is left out is taken away. Raises Refused.
    """
    filing = open_for_entries(filing_id)
    refuse_unseen(filing, seen_revision)
    now = working(filing, _today())
    if now.submissions:
        raise Refused("申报已经提交过，申报行业不再更换。确需更换的，请撤回后重新申报。")
    wanted = list(dict.fromkeys(chosen))
    _refuse_unfit(wanted, now.rules)
    _refuse_unregistered(wanted, now.rules, now.industries)
    places = _places(wanted, now.tables)
    gone = [it for it in now.tables if it.place not in places]
    for table in gone:
        _take_away(filing, table.place)
    ruling = find_tables([Wanted(now.rules.id, *it) for it in wanted], now.on).ruling
    for place, (industry, subtype) in places.items():
        found = ruling.get(Wanted(now.rules.id, industry, subtype))
        _lay(filing, place, industry, subtype, [it.id for it in found.versions] if found else [])
    _fit_answers(filing, now.rules, now.on)
    changed(filing, rulebook=now.rules.id, judged_on=now.on)
    names = [described(now.rules, *it)[0] for it in wanted]
    enter("filing.tables_chosen", filing,
          {"申报行业": "、".join(names), "移除": "、".join(it.label for it in gone)})  # fmt: skip


def _refuse_unfit(wanted: Sequence[tuple[str, str]], rules: Rulebook) -> None:
    if not wanted or len(wanted) > MOST_TABLES:
        raise Refused(f"请选择 1 至 {MOST_TABLES} 个行业，第一个为主要行业。")
    for industry, subtype in wanted:
        try:
            known = rules.catalogue.by_id(industry)
        except UnknownEntry as missing:
            raise Refused(f"{missing}请重新选择。") from missing
        if subtype and known.subtype(subtype) is None:
            raise Refused(f"“{known.label(None)}”没有所选的子类。请重新选择。")


def _refuse_unregistered(
    wanted: Sequence[tuple[str, str]], rules: Rulebook, known: Sequence[IndustryOfPlant]
) -> None:
    """Main and reference industries are those of the register (PLAN-CROSS)."""
    if not known:
        return
    main = next((it for it in known if it.is_main), None)
    if main is not None and wanted[0][0] != main.industry:
        name = rules.catalogue.by_id(main.industry).label(None)
        raise Refused(
            f"台账登记的主要行业是“{name}”，第一个行业应与台账一致。"
            "台账有误的，请先联系所在区县分局更正。"
        )
    registered = {it.industry for it in known}
    for industry, _ in wanted[1:]:
        if industry not in registered:
            name = rules.catalogue.by_id(industry).label(None)
            raise Refused(
                f"台账没有登记参照行业“{name}”，不能列入本次申报。"
                "确实涉及的，请先联系所在区县分局登记。"
            )


def _places(
    wanted: Sequence[tuple[str, str]], tables: Sequence[WorkingTable]
) -> dict[int, tuple[str, str]]:
    """A place for each: the main one 1, the others the one they had, new ones a new place."""
    had = {(it.industry, it.subtype): it.place for it in tables if it.place != 1}
    places = {1: wanted[0]}
    free = max((it.place for it in tables), default=0) + 1
    for it in wanted[1:]:
        if it in had:
            places[had[it]] = it
        else:
            places[free], free = it, free + 1
    return dict(sorted(places.items()))


def _take_away(filing: Filing, place: int) -> None:
    current = transaction()
    for model in (FilingAnswer, FilingTable):
        db.session.execute(delete(model).where(model.filing_id == filing.id, model.place == place))
    db.session.execute(
        update(FilingEvidence)
        .where(FilingEvidence.filing_id == filing.id, FilingEvidence.place == place,
               FilingEvidence.ended_at.is_(None))
        .values(ended_at=current.moment, ended_by=current.actor_id)
    )  # fmt: skip


def _lay(filing: Filing, place: int, industry: str, subtype: str, ids: Sequence[int]) -> None:
    """Put a table in its place, whatever stood there."""
    there = (FilingTable.filing_id == filing.id, FilingTable.place == place)
    values = {"industry": industry, "subtype": subtype, "versions": ids_text(ids)}
    if db.session.execute(select(FilingTable.place).where(*there)).first() is None:
        db.session.execute(insert(FilingTable).values(filing_id=filing.id, place=place, **values))
    else:
        db.session.execute(update(FilingTable).where(*there).values(**values))


# --- Newer tables ---------------------------------------------------------------------------


def take_newer_tables(filing_id: int, seen_revision: int | None = None) -> int:
    """Work on with the tables, and the rulebook, that are in force today.

    Answers to rows that read otherwise now are to be looked at again (待确认), what was said of
    clauses that are gone is dropped. Returns how many rows that are. Raises Refused.
    """
    filing = open_for_entries(filing_id)
    refuse_unseen(filing, seen_revision)
    now = working(filing, _today())
    if now.submissions:
        raise Refused("申报已经提交过，按首次提交之日施行的指标表评定，不再换用。")
    if not now.is_outdated:
        return 0
    before = {it.place: it for it in now.tables}
    rules = rulebook_on(now.on, filing.county)
    for it in now.tables:
        _lay(filing, it.place, it.industry, it.subtype, it.newest_ids)
    changed(filing, rulebook=rules.id, judged_on=now.on)
    after = {it.place: it for it in working_tables(filing, rules, now.on, is_kept=False)}
    touched = [
        (place, change.key)
        for place in before
        for change in differences(before[place].table, after[place].table)
        if not change.is_same
    ]
    _fit_answers(filing, rules, now.on, touched)
    labels = "、".join(it.label for it in now.tables if it.newer)
    enter("filing.tables_taken", filing,
          {"行业": labels or "规则集已变更", "须重新确认的指标": len(touched)})  # fmt: skip
    return len(touched)


def _fit_answers(
    filing: Filing, rules: Rulebook, on: date, touched: Sequence[tuple[int, str]] = ()
) -> None:
    """Every answer cut to what its row asks for now; those of touched rows are to be confirmed."""
    tables = {it.place: it.table for it in working_tables(filing, rules, on, is_kept=False)}
    reread = set(touched)
    current = transaction()
    rows = db.session.execute(
        select(FilingAnswer.place, FilingAnswer.row_key, FilingAnswer.content)
        .where(FilingAnswer.filing_id == filing.id, FilingAnswer.row_key != TRANSPORT)
    ).all()  # fmt: skip
    for place, key, content in rows:
        there = (FilingAnswer.filing_id == filing.id, FilingAnswer.place == place,
                 FilingAnswer.row_key == key)  # fmt: skip
        table = tables.get(place)
        row = table.row(key) if table else None
        kept = fitting(read_answer(content), row, table.grades) if table and row else None
        if kept is None or is_empty(kept):
            db.session.execute(delete(FilingAnswer).where(*there))
        elif answer_text(kept) != content or (place, key) in reread:
            db.session.execute(
                update(FilingAnswer).where(*there).values(
                    content=answer_text(kept), confirmed=False,
                    revision=FilingAnswer.revision + 1, saved_at=current.moment,
                    saved_by=current.actor_id, saved_by_name=current.actor_name,
                )
            )  # fmt: skip
