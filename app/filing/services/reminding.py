"""Reminding of the renewal (年度更新提醒): a task for the enterprise, a notice for its county.

A daily duty that pulls: it looks at who has not handed in, and makes the open tasks agree with
that. So a moved last day, a withdrawal, a plant that closed need nobody to push anything; what was
handed in settles its task at once (:func:`settle_renewal`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.filing import renewal
from app.filing.domain import Kind
from app.filing.queries.renewal_rules import YearRules
from app.filing.queries.renewal_rules import year_rules as rules_of
from app.filing.queries.renewals import RenewalFilter, RenewalLine, all_renewals
from app.filing.renewal import Progress
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.inbox.queries import open_matters, sent_matters
from app.kernel import audit, daily
from app.kernel.authority import EVERYTHING, Permission
from app.kernel.facts import in_parts
from app.kernel.transaction import close, writing
from app.rulebook.queries import text, whole

VIA = "每日事项"
PER_TRANSACTION = 200
"""Plants told in one transaction, so that other writers wait a moment only."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who has not handed in for a year."""

    rules: YearRules
    lines: tuple[RenewalLine, ...]

    def due_days(self) -> dict[str, date | None]:
        """By the source of its task, the last day of each plant."""
        return {
            _source(self.rules.general.year, it.plant_id): self.rules.of(it.county).due_on
            for it in self.lines
        }


def remind_of_renewals(day: date) -> None:
    """Tell whoever has not handed in, as far ahead as the bureau has set; once each.

    Last year's tasks stay as long as its last day is not over.
    """
    try:
        years = [_waiting(year, day) for year in (day.year - 1, day.year)]
        open_tasks, sent = open_matters("renewal:"), sent_matters("renewal-notice:")
    finally:
        close()
    due = {source: when for it in years for source, when in it.due_days().items()}
    over = [it for it, when in open_tasks.items() if it not in due or due[it] != when]
    for part in in_parts(over, PER_TRANSACTION):
        with writing(VIA):
            for source in part:
                inbox.settle(source)
            audit.record("filing.renewals_reminded", "filing_renewals", day.year,
                         {"不再需要的待办": len(part)})  # fmt: skip
    for it in years:
        _tell(it, set(open_tasks) - set(over), sent, day)


def _waiting(year: int, day: date) -> Waiting:
    rules = rules_of(year, day)
    lasts = [it.due_on for it in (rules.general, *rules.by_county.values()) if it.due_on]
    if year < day.year and max(lasts, default=date.min) < day:
        return Waiting(rules, ())
    lines = all_renewals(EVERYTHING, RenewalFilter(year, day), rules)
    return Waiting(rules, tuple(it for it in lines if it.progress is not Progress.DONE))


def _tell(waiting: Waiting, still_open: set[str], sent: set[str], day: date) -> None:
    rules, now = waiting.rules, dict[RenewalLine, int]()
    for it in waiting.lines:
        days = _days(it.county, rules, day) if it.may_file else None
        if days is not None:
            now[it] = days
    year = rules.general.year
    known = {it: days for it, days in now.items() if _source(year, it.plant_id) in still_open}
    _tell_enterprises([it for it in now if it not in known], rules)
    nearer = {it: days for it, days in known.items() if days < max(_ahead(it.county, day))}
    _tell_again(nearer, rules, sent)
    _tell_counties(now, rules, sent)


def _days(county: str, rules: YearRules, day: date) -> int | None:
    """Which reminder is due in the county, as days ahead."""
    return renewal.reminder_due(day, rules.of(county).due_on, _ahead(county, day))


def _ahead(county: str, day: date) -> tuple[int, int]:
    return (
        whole("renewal.reminder_days", day, county),
        whole("renewal.reminder_again_days", day, county),
    )


def _source(year: int, plant_id: int) -> str:
    return f"renewal:{year}:{plant_id}"


def _notice_source(due_on: date, days: int, whose: str, year: int) -> str:
    return f"renewal-notice:{year}:{due_on:%m%d}:{days}:{whose}"


def _tell_enterprises(lines: Sequence[RenewalLine], rules: YearRules) -> None:
    """A task of each plant."""
    year = rules.general.year
    for part in in_parts(lines, PER_TRANSACTION):
        with writing(VIA):
            for it in part:
                own = rules.of(it.county)
                inbox.send(
                    MessageKind.TASK,
                    f"办理 {year} 年度更新：{it.full_name}",
                    _people_of(it),
                    link="/filing/",
                    source=_source(year, it.plant_id),
                    body=f"{renewal.call(it.full_name, it.held, own)}{own.consequence}",
                    due_on=own.due_on,
                )
            audit.record("filing.renewals_reminded", "filing_renewals", year,
                         {"发出待办": len(part)})  # fmt: skip


def _people_of(line: RenewalLine) -> Audience:
    return Audience(
        Permission.FILING_WORK, county=line.county, enterprise_id=line.enterprise_id
    )  # fmt: skip


def _tell_again(told: dict[RenewalLine, int], rules: YearRules, sent: set[str]) -> None:
    """A notice beside the task, when the nearer reminder is due; not with a task of today."""
    year = rules.general.year
    again = []
    for it, days in told.items():
        due_on = rules.of(it.county).due_on
        source = _notice_source(due_on, days, str(it.plant_id), year) if due_on else ""
        if due_on and source not in sent:
            again.append((it, source))
    for part in in_parts(again, PER_TRANSACTION):
        with writing(VIA):
            for it, source in part:
                own = rules.of(it.county)
                inbox.send(
                    MessageKind.NOTICE,
                    f"{year} 年度更新尚未提交：{it.full_name}",
                    _people_of(it),
                    link="/filing/",
                    source=source,
                    body=f"{renewal.call(it.full_name, it.held, own)}{own.consequence}",
                )
            audit.record("filing.renewals_reminded", "filing_renewals", year,
                         {"再次提醒": len(part)})  # fmt: skip


def _tell_counties(told: dict[RenewalLine, int], rules: YearRules, sent: set[str]) -> None:
    """One notice a reminder and county: how many have not handed in, and where they are listed."""
    year = rules.general.year
    counts = Counter((it.county, days) for it, days in told.items())
    for (county, days), number in sorted(counts.items()):
        due_on = rules.of(county).due_on
        if due_on is None:
            continue
        source = _notice_source(due_on, days, county, year)
        if source in sent:
            continue
        with writing(VIA):
            inbox.send(
                MessageKind.NOTICE,
                f"{year} 年度更新：{number} 个厂区尚未提交，截止日 {due_on}",
                Audience(Permission.FILING_WINDOW, county=county),
                link=f"/filing/renewals?year={year}&county={county}&sort=progress",
                source=source,
                body="已向企业发出待办。名单中可以导出、打印催报通知。",
            )
            audit.record("filing.renewals_reminded", "filing_renewals", year,
                         {"区县": county, "尚未提交": number}, county=county)  # fmt: skip


def settle_renewal(plant_id: int, county: str, year: int, kind: Kind, on: date) -> None:
    """Close the task of a plant whose filing of this kind and year was just handed in."""
    interval = whole("renewal.interval_years", on, county)
    if kind not in renewal.counted_kinds(text("renewal.counts", on, county)):
        return
    for later in range(year, year + max(interval, 1)):
        inbox.settle(_source(later, plant_id))


daily.each_day("年度更新提醒", remind_of_renewals)
