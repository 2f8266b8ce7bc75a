"""The checks that the program brings along (内置检查); a plugin like any other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from app.filing.answers import is_empty
from app.filing.differing import (
    capacity_differences,
    figures_of_answer,
    figures_of_transport,
    moved,
)
from app.filing.domain import TRANSPORT, Assessment, CheckFinding, Place, Severity
from app.filing.evidence import Progress
from app.filing.queries.evidence import needed_in
from app.filing.queries.papers import statements_of
from app.filing.queries.situation import admission_again
from app.filing.queries.working import Working
from app.indicators.domain import AIR_OXYGEN, Answer, Row, RowResult, shown
from app.kernel.canonical import sha256_of
from app.kernel.hooks import hookimpl
from app.rulebook.domain import with_grade

ADMISSION = "admission:"
"""Before the number of a reason for which the plant may not file at all."""
STRAY = "evidence:"
"""Before the number of a material that stands in no row: the field of its finding."""
SHORTBOARD, FILE, INDICATORS = "PLAN-SHORTBOARD", "PLAN-FILE", "PLAN-INDICATORS"
CROSS = "PLAN-CROSS"


@hookimpl
def filing_checks(working: Working, assessment: Assessment) -> list[CheckFinding]:
    """What is wrong with a filing, or to be explained."""
    return [
        *_admission(working),
        *_transferred(working),
        *_outdated(working),
        *_industries(working),
        *_target(working, assessment),
        *_ungraded(working, assessment),
        *_rows(working, assessment),
        *_materials(working),
        *_transport(working),
        *_capacity(working),
        *_commitment(working),
    ]


def _error(key: str, place: Place, text: str, clause: str) -> CheckFinding:
    return CheckFinding(key, Severity.ERROR, place, text, clause)


def _warning(key: str, place: Place, text: str, clause: str) -> CheckFinding:
    """Another sentence is another warning: what was said of the old one does not answer it."""
    return CheckFinding(f"{key}:{sha256_of(text)[:8]}", Severity.WARNING, place, text, clause)


# --- The filing as a whole ------------------------------------------------------------------


def _admission(working: Working) -> Iterator[CheckFinding]:
    filing = working.filing
    verdict = admission_again(
        filing.plant, filing.kind, filing.year, filing.target, working.on,
        filing_id=filing.id, first_submitted=working.first_submitted,
    )  # fmt: skip
    for number, reason in enumerate(it for it in verdict.reasons if not it.met):
        yield _error(f"{ADMISSION}{number}", Place(0, "", "target"), reason.text, reason.clause)


def _transferred(working: Working) -> Iterator[CheckFinding]:
    if working.filing.is_transferred:
        text = (
            f"该厂区已转到“{working.filing.plant.enterprise_name}”名下，不能由原企业提交。"
            "请作废本次申报，由现企业重新申报。"
        )
        yield _error("transferred", Place(0), text, "PLAN-PLANT")
    elif working.filing.plant.county != working.filing.county and not working.submissions:
        text = "该厂区已变更所在区县，申报须提交给现在的区县。请在“概况”中改交给现在的区县。"
        yield _error("moved", Place(0), text, FILE)


def _outdated(working: Working) -> Iterator[CheckFinding]:
    """The tables are those in force on the day of the first submission (NAT-SYSTEM)."""
    if working.submissions:
        return
    if working.rulebook_changed:
        text = (
            f"本区县已改用“{working.rules.info.short_title}”，本次申报仍按原规则集填写。"
            "请查看差异，换用新的指标表。"
        )
        yield _error("tables:rulebook", Place(0, "", "tables"), text, "NAT-SYSTEM")
        return
    for table in working.tables:
        if table.newer:
            what = "已施行新的指标表" if table.newest else "的指标表已停用"
            text = f"“{table.label}”{what}，提交时应按当日施行的指标表。请查看差异，换用后再提交。"
            yield _error(f"tables:{table.place}", Place(table.place, "", "tables"), text,
                         "NAT-SYSTEM")  # fmt: skip


def _industries(working: Working) -> Iterator[CheckFinding]:
    """The industries judged are those of the register: one left out may hide the lowest grade."""
    judged, known = {it.industry for it in working.tables}, working.industries
    place = Place(0, "", "tables")
    for it in known:
        if not it.is_main and it.industry not in judged:
            text = f"台账登记的参照行业“{it.label}”没有列入本次申报，总等级没有计入它。请说明原因。"
            yield _warning(f"left-out:{it.industry}", place, text, CROSS)
    registered = {it.industry for it in known}
    for table in working.tables:
        if known and not table.is_main and table.industry not in registered:
            text = f"参照行业“{table.label}”不在台账登记的行业中。请说明原因。"
            yield _warning(f"unregistered:{table.industry}", place, text, CROSS)


def _target(working: Working, assessment: Assessment) -> Iterator[CheckFinding]:
    """The target is no better than what the answers come to."""
    target, order = working.filing.target, working.rules.grade_order
    reached = [it.at_best for it in assessment.outcomes.values() if it.at_best is not None]
    lowest = order.worst(reached)
    if lowest is not None and not order.at_least(lowest, target):
        said = "自评结果" if assessment.overall else "按已填的指标，自评结果至多"
        text = (
            f"{with_grade(f'{said}为', lowest)}，低于{with_grade('申报目标', target)}。"
            "请改正自评或降低申报目标。"
        )
        yield _error("target", Place(0, "", "target"), text, SHORTBOARD)


def _ungraded(working: Working, assessment: Assessment) -> Iterator[CheckFinding]:
    """Rows that do not apply give no grade: of a table where none applies nothing follows."""
    for table in working.tables:
        outcome = assessment.outcomes[table.place]
        if not outcome.holding and not outcome.open:
            text = (
                f"“{table.label}”的指标都填了“不涉及”，得不出等级。"
                "请核对各项指标，或请所在区县分局核对厂区的行业。"
            )
            yield _error(f"ungraded:{table.place}", Place(table.place), text, SHORTBOARD)


def _transport(working: Working) -> Iterator[CheckFinding]:
    transport = working.transport.transport
    fields = (transport.trips, transport.gv_share, transport.new_energy_share,
              transport.gate_connected, transport.transmission_rate)  # fmt: skip
    if working.needs_commitment and None in fields:
        text = "运输汇总（车次、国五及以上和新能源比例、门禁联网、数据传输率）没有填写完整。"
        yield _warning("transport", Place(0, "transport"), text, INDICATORS)
    if not transport.is_empty and not working.transport.confirmed:
        yield _unconfirmed(Place(0, "transport"), "运输汇总")
    yield from _transport_changes(working)


def _transport_changes(working: Working) -> Iterator[CheckFinding]:
    """Its figures that moved by more than the set share since last year's, as those of rows."""
    before, now = working.last_transport, working.transport.transport
    found = moved(figures_of_transport(before), figures_of_transport(now), working.change_share)
    if found:
        yield _changed(working, Place(0, TRANSPORT), "运输汇总", found)


def _capacity(working: Working) -> Iterator[CheckFinding]:
    """Capacities on record that are not those of the permit; see `capacity_differences`."""
    differing = capacity_differences(working.capacities, working.industries)
    if differing:
        text = f"台账中的产能与排污许可不一致：{'；'.join(differing)}。请说明原因。"
        yield _warning("capacity", Place(0, "", "capacity"), text, FILE)


def _commitment(working: Working) -> Iterator[CheckFinding]:
    open_ones = [
        it
        for it in statements_of(working)
        if it.id not in working.acceptances or working.acceptances[it.id].sha256 != it.sha256
    ]
    if open_ones:
        text = f"承诺书还有 {len(open_ones)} 条没有逐条接受。请在签署页面逐条阅读并接受。"
        yield _error("commitment", Place(0, "", "commitment"), text, FILE)


# --- Row by row -----------------------------------------------------------------------------


def _rows(working: Working, assessment: Assessment) -> Iterator[CheckFinding]:
    for table in working.tables:
        for result in assessment.results[table.place]:
            place = Place(table.place, result.row.key)
            yield from _row(working, result, place)


def _row(working: Working, result: RowResult, place: Place) -> Iterator[CheckFinding]:
    row, saved = result.row, working.answers.get((place.table, place.row_key))
    answer = saved.answer if saved else Answer()
    key = f"{place.table}:{row.key}"
    if any(it.oxygen is not None and it.oxygen >= AIR_OXYGEN for it in answer.measured.values()):
        text = f"“{row.title}”的实测氧含量应低于 21%，否则无法折算。请核对监测报告。"
        yield _error(f"oxygen:{key}", place, text, INDICATORS)
    elif result.state == "open":
        yield _error(f"open:{key}", place, _open_words(row, answer, result), INDICATORS)
    elif result.state == "chosen" and not answer.reason.strip():
        text = f"“{row.title}”的等级为自行选择，没有写明理由。请说明依据。"
        yield _error(f"reason:{key}", place, text, INDICATORS)
    elif result.below_lowest:
        text = (
            f"“{row.title}”连最低一级的要求也没有全部达到，自评按 {result.grade} 计"
            "（未达到最低一级的如何定级，条文未规定）。请说明情况。"
        )
        yield _warning(f"below:{key}", place, text, SHORTBOARD)
    if saved is not None and not saved.confirmed:
        yield _unconfirmed(place, row.title, "由上次申报带入，或换用指标表后要求有变化")
    yield from _changes(working, row, answer, place)


def _open_words(row: Row, answer: Answer, result: RowResult) -> str:
    if is_empty(answer):
        return f"“{row.title}”没有填写。"
    lacking = next((it for it in result.lacking.values() if it), ())
    return f"“{row.title}”没有填写完整：{'；'.join(lacking[:3])}。"


def _unconfirmed(place: Place, title: str, why: str = "由上次申报带入") -> CheckFinding:
    text = f"“{title}”的内容{why}，尚未确认。请核对后确认或修改。"
    return _error(f"unconfirmed:{place.table}:{place.row_key}", place, text, FILE)


def _changes(working: Working, row: Row, answer: Answer, place: Place) -> Iterator[CheckFinding]:
    """A value that moved by more than the set share since last year's submission."""
    before = working.last_year.get((place.table, row.key))
    if before is None:
        return
    found = moved(figures_of_answer(before), figures_of_answer(answer), working.change_share)
    if found:
        yield _changed(working, place, row.title, found)


def _changed(working: Working, place: Place, title: str, found: Sequence[str]) -> CheckFinding:
    percent = shown(working.change_share * 100)
    text = f"“{title}”与上年申报相比变化超过 {percent}%：{'；'.join(found)}。请说明原因。"
    return _warning(f"change:{place.table}:{place.row_key}", place, text, FILE)


def _materials(working: Working) -> Iterator[CheckFinding]:
    """Every material that is needed is there and covers its period (PLAN-FILE)."""
    numbers: Counter[tuple[int, str]] = Counter()
    for it in needed_in(working):
        number = numbers[it.place, it.row_key]
        numbers[it.place, it.row_key] += 1
        place, key = Place(it.place, it.row_key), f"{it.place}:{it.row_key}:{number}"
        period = f"（{it.period}）" if it.period else ""
        if it.progress is Progress.MISSING:
            text = f"“{it.title}”缺少材料：{it.kind}{period}。"
            yield _error(f"evidence:{key}", place, text, it.clause)
        elif it.progress is Progress.INCOMPLETE:
            text = f"“{it.title}”的材料“{it.kind}”{period}不完整：{'；'.join(it.missing)}。"
            yield _error(f"period:{key}", place, text, it.clause)
    for file in working.evidence:
        if file.row_key and working.row(file.place, file.row_key) is None:
            text = (
                f"材料“{file.name}”所在的指标不在现在使用的指标表中。"
                "请改放到另一项指标，或移除这份材料。"
            )
            yield _error(f"stray:evidence:{file.id}", Place(0, "", f"{STRAY}{file.id}"), text, FILE)
        elif not file.confirmed:
            text = f"材料“{file.name}”由上次申报带入，尚未确认。请确认或替换。"
            place = Place(file.place, file.row_key)
            yield _error(f"unconfirmed:evidence:{file.id}", place, text, FILE)
