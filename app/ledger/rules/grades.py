"""Rules between grades, industries and findings (等级、行业与虚假材料之间的规则)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from app.grades.domain import Effect, GradeRecord
from app.grades.rules import Ban, ban_faults, scheme_faults, voided_records
from app.ledger.matching import Matched, MatchedRow
from app.ledger.register import EnterpriseKey, PlantKey
from app.ledger.rules.after import PlantAfter, PlantIndustries, grades_after
from app.ledger.sheets import Values
from app.rulebook.domain import Catalogue, GradeOrder, LowestGrade, Rulebook
from app.rulebook.queries import catalogue, parameter_history, rulebook, rulebook_on, whole
from app.supervision.domain import ban_last_day

_NO_INDUSTRIES = PlantIndustries()


def check_grades(
    matched: Matched,
    industries: Mapping[PlantKey, PlantIndustries],
    plants: Mapping[PlantKey, PlantAfter],
    on: date,
    *,
    judged_before: bool,
) -> None:
    """Hold grades against scheme (PLAN-GRADES) and bans (PLAN-FALSE), and name what is voided.

    ``judged_before``: an unaltered export goes into an empty register; its rows were judged when
    they were first recorded, so that what would be refused is pointed out instead.
    """
    refuse = matched.ledger.warn if judged_before else matched.ledger.refuse
    bans, schemes = _Bans(matched, industries, plants, on), _Schemes()
    for found in matched.of("等级"):
        if found.plant is None or found.values.get("grade") is None:
            continue
        if found.alters("grade", "source"):
            for is_fault, sentence in schemes.faults(found, industries.get(found.plant)):
                (refuse if is_fault else matched.ledger.warn)(found.row, "grade", sentence)
        if found.alters("grade"):
            for sentence in bans.faults(found):
                refuse(found.row, "effective_on", sentence)
    bans.name_voided_grades(found for found in matched.of("虚假材料") if not found.is_same)


# --- Schemes ---------------------------------------------------------------------------------


class _Schemes:
    """What the schemes say against grades; plants of one kind are judged alike, so once.

    So are the days between two on which something turns that a scheme is looked up by.
    """

    def __init__(self) -> None:
        self._catalogue = catalogue()
        self._turns = _turning_days(self._catalogue)
        self._rules: dict[tuple[str, int], Rulebook] = {}
        self._faults: dict[tuple[object, ...], tuple[tuple[bool, str], ...]] = {}

    def faults(self, found: MatchedRow, held: PlantIndustries | None) -> Sequence[tuple[bool, str]]:
        """(is it a fault, sentence) for each thing that is wrong or cannot be told."""
        rulebook_id, on = found.values.get("rulebook"), found.values.get("effective_on")
        if rulebook_id is None or on is None:
            return ()
        plant = held or _NO_INDUSTRIES
        by = (rulebook_id, bisect_right(self._turns, on))
        grade, source = found.values["grade"], found.values.get("source")
        case = (by, grade, source, tuple(plant.roles), plant.unread)
        if case not in self._faults:
            rules = self._rules.get(by)
            if rules is None:
                rules = self._rules[by] = rulebook(rulebook_id, on)
            kinds = [(self._catalogue.by_id(it), subtype or None) for it, subtype in plant.roles]
            self._faults[case] = tuple(
                scheme_faults(grade, rules, kinds, source=source, is_complete=not plant.unread)
            )
        return self._faults[case]


def _turning_days(held: Catalogue) -> list[date]:
    """The days on which the scheme of some industry, or the order of grades, becomes another."""
    days: set[date | None] = set()
    for industry in held.industries:
        for schemes in (industry.schemes, *(it.schemes for it in industry.subtypes)):
            days.update(day for use in schemes for day in (use.from_on, use.until_on))
    days.update(it.from_on for it in parameter_history("grade.order"))
    return sorted(day for day in days if day is not None)


# --- Bans ------------------------------------------------------------------------------------


class _Bans:
    """The findings that will stand today once the workbook is written, by whom they hold for."""

    def __init__(
        self,
        matched: Matched,
        industries: Mapping[PlantKey, PlantIndustries],
        plants: Mapping[PlantKey, PlantAfter],
        on: date,
    ) -> None:
        self._matched = matched
        self._industries = industries
        self._plants = plants
        self._years = whole("false_material.ban_years", on)
        self._order: GradeOrder = rulebook_on(on).grade_order
        self._findings: dict[EnterpriseKey | tuple[str, PlantKey], list[Values]] = {}
        self._gather(on)

    def _gather(self, on: date) -> None:
        replaced = {it.old.fact_id for it in self._matched.of("虚假材料") if it.old is not None}
        for standing in self._matched.register.rows.get("虚假材料", ()):
            if standing.fact_id not in replaced:
                self._take(standing.enterprise_id, standing.plant_id, standing.values, on)
        for found in self._matched.of("虚假材料"):
            self._take(found.enterprise, found.plant, found.values, on)

    def _take(
        self, enterprise: EnterpriseKey | None, plant: PlantKey | None, values: Values, on: date
    ) -> None:
        withdrawn = values.get("withdrawn_on")
        if values.get("found_on") is None or (withdrawn is not None and withdrawn <= on):
            return
        if plant is not None:
            self._findings.setdefault(("plant", plant), []).append(values)
        elif enterprise is not None and values.get("plant") is None:
            self._findings.setdefault(enterprise, []).append(values)

    def faults(self, found: MatchedRow) -> Iterator[str]:
        """Why the grade may not start when it does: a sentence for each ban it falls into."""
        if found.values.get("effective_on") is None or found.plant is None:
            return
        bans = self._of(found.plant, found.enterprise)
        for sentence in ban_faults(_record(found.values), bans, self._order):
            yield (
                f"{sentence}。请核对生效日期和等级；"
                "认定已被撤销的，请先在“虚假材料”表中填写撤销日期"
            )

    def _of(self, plant: PlantKey, enterprise: EnterpriseKey | None) -> Iterator[Ban]:
        shared = self._findings.get(enterprise, ()) if enterprise is not None else ()
        for values in (*self._findings.get(("plant", plant), ()), *shared):
            yield self._ban(values, plant)

    def _ban(self, values: Values, plant: PlantKey) -> Ban:
        found_on: date = values["found_on"]
        lowest = self._lowest(plant, found_on)
        last_day = ban_last_day(found_on, self._years)
        return Ban(Effect(0, lowest, found_on, last_day, None), str(values.get("document") or ""))

    def _lowest(self, plant: PlantKey, found_on: date) -> LowestGrade:
        place = self._plants.get(plant)
        rules = rulebook_on(found_on, place.county if place else None)
        main = self._industries.get(plant, _NO_INDUSTRIES).main
        if main is None:
            return LowestGrade("D", rules.id, verified=False)
        return rules.lowest_grade(catalogue().by_id(main[0]), main[1])

    def name_voided_grades(self, rows: Iterator[MatchedRow]) -> None:
        """Say which grades on record each new finding voids; it is never refused for them."""
        grades = grades_after(self._matched)
        for found in rows:
            withdrawn = found.values.get("withdrawn_on")
            if found.values.get("found_on") is None or withdrawn is not None or not found.is_known:
                continue
            for plant in self._plants_of(found):
                ban = self._ban(found.values, plant)
                records = [_record(values) for values in grades.get(plant, ())]
                for record in voided_records(records, ban.effect, self._order):
                    self._matched.ledger.warn(
                        found.row,
                        "found_on",
                        f"该认定使厂区 {self._named(grades[plant][0])} "
                        f"{record.effective_on} 生效的等级 {record.grade} 不再有效，"
                        f"自 {ban.effect.found_on} 起按最低等级 {ban.effect.lowest.grade} 计",
                    )

    @staticmethod
    def _named(values: Values) -> str:
        return f"{values['uscc']} {values['plant']}"

    def _plants_of(self, found: MatchedRow) -> Sequence[PlantKey]:
        if found.plant is not None:
            return [found.plant]
        return [plant for plant, it in self._plants.items() if it.owner == found.enterprise]


def _record(values: Values) -> GradeRecord:
    return GradeRecord(
        0,
        values.get("rulebook") or "",
        values["grade"],
        values["effective_on"],
        values.get("expires_on"),
    )
