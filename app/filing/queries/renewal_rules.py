"""The settings of a year's renewal (年度更新), in general and county by county."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.accounts.queries import list_bureaus
from app.filing import renewal
from app.filing.domain import Kind
from app.filing.queries.situation import windows_of
from app.filing.renewal import RenewalRules
from app.rulebook.queries import grades, parameter, rulebook_on, setting, text, whole, words


@dataclass(frozen=True, slots=True)
class YearRules:
    """The settings of a year: in general, and county by county where the office has counties."""

    general: RenewalRules
    by_county: Mapping[str, RenewalRules]

    def of(self, county: str) -> RenewalRules:
        """Those that hold in the county."""
        return self.by_county.get(county, self.general)

    def for_all(self, counties: Mapping[str, str]) -> RenewalRules:
        """What a list of these counties tells of all: of one county its own."""
        return self.of(next(iter(counties))) if len(counties) == 1 else self.general

    def own_days(self, counties: Mapping[str, str]) -> list[tuple[str, str]]:
        """The names of the counties that have another last day than the list tells, and which."""
        told = self.for_all(counties).due_on
        return [
            (counties[code], it.due_words)
            for code, it in self.by_county.items()
            if code in counties and it.due_on != told
        ]


def year_rules(year: int, on: date) -> YearRules:
    """The settings of the year as they read on the day."""
    windows = windows_of(year, Kind.RENEWAL)

    def rules(county: str | None) -> RenewalRules:
        due = setting("renewal.due_day", on, county)
        late = parameter("renewal.overdue_effect", on, county)
        stated = words("filing.commitment_grades", on, county)
        return RenewalRules(
            year=year,
            held_on=renewal.held_day(text("renewal.held_day", on, county), year),
            grades=renewal.renewing_grades(stated, grades(), rulebook_on(on, county).grade_order),
            counted_years=renewal.counted_years(year, whole("renewal.interval_years", on, county)),
            counted_kinds=renewal.counted_kinds(text("renewal.counts", on, county)),
            due_on=renewal.last_day(windows, due if isinstance(due, str) else None, year),
            opens_on=renewal.first_day(windows, year),
            effect=None if late.value is None else late.shown,
        )

    return YearRules(rules(None), {it.code: rules(it.code) for it in list_bureaus("county")})
