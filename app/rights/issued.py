"""The allocation as a list that can be issued (排污权分配清单): drafted, checked, signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from flask import url_for

from app.issuing.domain import Line, Question, State
from app.issuing.gathering import gather
from app.issuing.reading import facts_by_plant, reason_words, reasons_of
from app.issuing.subjects import Content, Subject, UnknownSpec
from app.policy.documents import Document, Table
from app.policy.queries import CANNOT_RUN, all_measures
from app.rights.documents import COLUMNS
from app.rights.domain import (
    LEVEL_WORDS,
    MEASURE_OF,
    PARTIAL,
    SECTION_WORDS,
    ZERO,
    AllocationFault,
    Level,
    Matter,
    Section,
    Share,
)
from app.rights.queries import list_applications, reserves_on_record, run_allocation
from app.rights.queries.issued import (
    KIND,
    AllocationSpec,
    allocations_in_force,
    find_allocation,
    given_by,
    given_in,
    read_spec,
)
from app.rights.services.reserves import book_allocation, unbook_allocation
from app.rights.tonnage import Account

ORDER = ("厂区位次", "申请日期", "项目名称（方案未规定分配方法，本局设定）")


def _offers() -> list[tuple[str, str]]:
    """Every reserve on record; the city's also as the remainder after the province's list."""
    found = []
    for account in reserves_on_record():
        plain = AllocationSpec(account.level, account.pollutant, account.year)
        found.append((str(plain), plain.title))
        if account.level is Level.CITY:
            found += [
                (str(replace(plain, after=view.id)), f"{plain.title}，{view.number} 后的余额")
                for view in allocations_in_force(Level.PROVINCE, account.pollutant, account.year)
            ]
    return found


def _title(spec: str) -> str:
    return read_spec(spec).title


def given_before(spec: AllocationSpec) -> tuple[dict[Matter, Decimal] | None, str]:
    """What the province's list gave before, and the sentence that says so. Raises UnknownSpec."""
    if spec.after is None:
        return None, ""
    view = find_allocation(spec.after)
    if view is None or spec.level is not Level.CITY:
        raise UnknownSpec
    its = read_spec(view.spec)
    if (its.level, its.pollutant, its.year) != (Level.PROVINCE, spec.pollutant, spec.year):
        raise UnknownSpec
    sentence = (
        f"申请量为扣除省级分配清单（{view.number}，清单编号 {view.id}）已分配数量后的余额；"
        "已由省级全额分配的申请不再列入。"
    )
    return given_by(view), sentence


def compute(question: Question) -> Document:
    """The allocation with everything it rests on. Raises AllocationFault for one county only."""
    spec = read_spec(question.spec)
    if question.county is not None:
        raise AllocationFault("排污权分配按全市计算，不按区县分别签发。请不选择区县重新起草。")
    given, sentence = given_before(spec)
    run = run_allocation(
        spec.level, spec.pollutant, spec.year, question.as_of,
        known=question.known_at, given=given,
    )  # fmt: skip
    shares = run.allocation.shares
    measure = all_measures()[MEASURE_OF[spec.level]]
    content = gather(
        run.document,
        [share.plant.candidate for share in shares],
        question,
        rulebook=run.rulebook,
        settings=(*measure.settings, PARTIAL),
        conditions=measure.conditions,
        order=ORDER,
        notes=filter(None, (_sums(run.document), sentence)),
    )
    return {**content, "standings": [_standing(share) for share in shares]}


def _sums(document: Document) -> str:
    left = Decimal(document["reserve"]) - Decimal(document["allocated_total"])
    return (
        f"储备量：{document['reserve']} 吨/年。分配合计：{document['allocated_total']} 吨/年。"
        f"余量：{left:.3f} 吨/年。"
    )


def _standing(share: Share) -> Document:
    it = share.plant.candidate
    return {
        "industry": it.industry,
        "rulebook": it.standing.rulebook,
        "grade": it.standing.grade,
    }


def lines(content: Content) -> tuple[Line, ...]:
    """One line per application."""
    facts = facts_by_plant(content)
    held = zip(content["list"]["rows"], content["plants"], content["standings"], strict=True)
    return tuple(
        Line(
            key=f"{plant['plant_id']}:{row['project']}",
            plant_id=plant["plant_id"],
            enterprise_id=plant["enterprise_id"],
            county=plant["county"],
            uscc=row["uscc"],
            plant=row["plant"],
            plant_name=plant["plant_name"],
            name=plant["name"],
            rank=row["rank"],
            admitted=row["section"] == Section.PRIORITY,
            result=_result(row),
            values={
                "分组": SECTION_WORDS[Section(row["section"])],
                "申请日期": row["applied_on"],
                "申请量": f"{row['asked']} 吨/年",
                "分配量": "—" if row["allocated"] is None else f"{row['allocated']} 吨/年",
                "等级": standing["grade"] or "未定级",
            },
            reasons=reasons_of(row),
            facts=facts.get(plant["plant_id"], ()),
            matter=row["project"],
            grade=standing["grade"],
        )
        for row, plant, standing in held
    )


def _result(row: Document) -> str:
    if row["section"] == Section.NEW_ENTERPRISE:
        return "由本局决定"
    return "不纳入" if row["allocated"] is None else f"分配 {row['allocated']} 吨/年"


def table(content: Content, notes: tuple[str, ...]) -> Table:
    """The bureau's table of a frozen allocation."""
    document, counties = content["list"], content["counties"]
    title = AllocationSpec(Level(document["level"]), document["pollutant"], document["year"]).title
    held = zip(document["rows"], content["plants"], content["standings"], strict=True)
    rows = tuple(
        (
            SECTION_WORDS[Section(row["section"])],
            row["rank"],
            row["uscc"],
            plant["name"],
            row["plant"],
            plant["plant_name"],
            counties.get(plant["county"], plant["county"]),
            standing["industry"],
            standing["rulebook"] or "",
            standing["grade"] or "未定级",
            row["project"],
            row["applied_on"],
            row["asked"],
            row["allocated"] or "",
            "纳入" if row["section"] == Section.PRIORITY else "不纳入",
            *reason_words(reasons_of(row)),
        )
        for row, plant, standing in held
    )
    order = "、".join(content["order"])
    return Table(title, (*notes, *content["notes"], f"分配次序：{order}。"), COLUMNS, rows)


def live_url(question: Question) -> str:
    """The page that shows the allocation unissued."""
    spec = read_spec(question.spec)
    return url_for(
        "rights.allocation",
        level=str(spec.level),
        pollutant=spec.pollutant,
        year=spec.year,
        after=spec.after,
        as_of=question.as_of.isoformat(),
    )


def why_not_issue(question: Question, content: Content) -> str | None:
    """Refused when both levels together would give an application more than it asked for.

    And when the reserve has a signed allocation of another kind, which must be withdrawn first, or
    when the province's list whose shares were taken off holds no more.
    """
    spec = read_spec(question.spec)
    rested_on = find_allocation(spec.after) if spec.after is not None else None
    if rested_on is not None and rested_on.state is not State.IN_FORCE:
        return (
            f"所依据的省级分配清单（{rested_on.number}）{rested_on.state.words}。"
            "请按现行的省级分配重新起草市级分配。"
        )
    for view in allocations_in_force(spec.level, spec.pollutant, spec.year):
        if view.spec != str(spec):
            return f"该储备已有签发的分配清单《{view.title}》（{view.number}）。请先撤回该清单。"
    other = Level.PROVINCE if spec.level is Level.CITY else Level.CITY
    before = allocations_in_force(other, spec.pollutant, spec.year)
    asked = {
        it.matter: it.asked
        for it in list_applications(spec.pollutant, spec.year, question.known_at)
    }
    for view in before:
        theirs = given_by(view)
        for matter, amount in given_in(content).items():
            both = amount + theirs.get(matter, ZERO)
            if amount > 0 and both > asked.get(matter, ZERO):
                return _too_much(content, matter, view.number, both, asked.get(matter, ZERO), other)
    return None


def _too_much(
    content: Content, matter: Matter, number: str, both: Decimal, asked: Decimal, other: Level
) -> str:
    plant = next(it for it in content["plants"] if it["plant_id"] == matter[0])
    project = f"“{matter[1]}”" if matter[1] else ""
    return (
        f"{plant['name']}（{plant['plant']}）{project}两级合计分配 {both} 吨，"
        f"超过申请的 {asked} 吨：{LEVEL_WORDS[other]}分配清单（{number}）已分配一部分。"
        "请按省级分配后的余额重新起草市级分配。"
    )


def signed(list_id: int, question: Question, content: Content, number: str, on: date) -> None:
    """Book what the list gives out of the reserve, in the transaction of the signature."""
    spec = read_spec(question.spec)
    account = Account(spec.level, spec.pollutant, spec.year)
    book_allocation(account, Decimal(content["list"]["allocated_total"]), on, list_id, number)


def ended(list_id: int, reason: str) -> None:
    """Book it back when the list is withdrawn or replaced."""
    unbook_allocation(list_id, reason)


SUBJECT = Subject(
    kind=KIND,
    title="排污权分配",
    offers=_offers,
    title_of=_title,
    compute=compute,
    lines=lines,
    table=table,
    live_url=live_url,
    faults=(*CANNOT_RUN, AllocationFault),
    why_not_issue=why_not_issue,
    signed=signed,
    ended=ended,
    own_paper=lambda list_id: url_for("rights.own_letter", allocation_id=list_id),
)
