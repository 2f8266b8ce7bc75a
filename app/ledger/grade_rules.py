"""Rules between grades, industries and findings (等级、行业与虚假材料之间的规则)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.grades.domain import Effect, GradeRecord, is_barred, starts_inside_ban
from app.ledger.after import PlantAfter, PlantIndustries, grades_after
from app.ledger.matching import Matched, MatchedRow
from app.ledger.register import EnterpriseKey, PlantKey
from app.ledger.sheets import Values
from app.rulebook.domain import GradeOrder, LowestGrade, Rulebook
from app.rulebook.queries import catalogue, rulebook, rulebook_on, whole
from app.supervision.domain import ban_last_day

_NO_INDUSTRIES = PlantIndustries()
_HISTORY = "历史"


@dataclass(frozen=True, slots=True)
class _Ban:
    """A finding that stands today, as it bears on one plant."""

    effect: Effect
    document: str


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
    bans = _Bans(matched, industries, plants, on)
    for found in matched.of("等级"):
        if found.plant is None or found.values.get("grade") is None:
            continue
        if found.alters("grade", "source"):
            for is_fault, sentence in _scheme_faults(found, industries.get(found.plant)):
                (refuse if is_fault else matched.ledger.warn)(found.row, "grade", sentence)
        if found.alters("grade"):
            for sentence in bans.faults(found):
                refuse(found.row, "effective_on", sentence)
    bans.name_voided_grades(found for found in matched.of("虚假材料") if not found.is_same)


# --- Schemes ---------------------------------------------------------------------------------


def _scheme_faults(found: MatchedRow, held: PlantIndustries | None) -> Iterator[tuple[bool, str]]:
    """(is it a fault, sentence): a grade outside the rulebook or outside the plant's schemes."""
    grade, rulebook_id = found.values["grade"], found.values.get("rulebook")
    on = found.values.get("effective_on")
    if rulebook_id is None or on is None:
        return
    rules = rulebook(rulebook_id, on)
    if grade not in rules.grades:
        known = "、".join(rules.grades)
        yield True, f"规则集 {rulebook_id} 没有等级“{grade}”，请改为：{known}，或改用相应的规则集"
        return
    plant = held or _NO_INDUSTRIES
    fits, unknown, stated = _schemes(rules, plant, grade)
    if fits:
        return
    if found.values.get("source") == _HISTORY:
        yield False, f"等级“{grade}”不在该厂区行业的等级方案内，因来源为“历史”予以保留，请核对"
    elif unknown or not stated:
        if not plant.unread:
            why = (
                f"{unknown[0]}在规则集 {rulebook_id} 下的等级方案未知"
                if unknown
                else "该厂区没有行业"
            )
            yield False, f"{why}，等级“{grade}”无法核对是否适用，请人工核对"
    else:
        yield True, _outside(grade, rulebook_id, stated)


def _schemes(
    rules: Rulebook, plant: PlantIndustries, grade: str
) -> tuple[bool, list[str], list[tuple[str, str, bool]]]:
    """Whether a scheme admits the grade; industries without one; (industry, grades, verified)."""
    unknown: list[str] = []
    stated: list[tuple[str, str, bool]] = []
    fits = False
    for industry_id, subtype in plant.roles:
        industry = catalogue().by_id(industry_id)
        use = rules.scheme_of(industry, subtype or None)
        if use.scheme_id is None:
            unknown.append(industry.label(subtype or None))
            continue
        scheme = rules.schemes[use.scheme_id]
        fits = fits or scheme.admits(grade)
        label = industry.label(subtype or None)
        stated.append((label, "、".join(scheme.grades), use.confidence == "已核实"))
    return fits, unknown, stated


def _outside(grade: str, rulebook_id: str, stated: Sequence[tuple[str, str, bool]]) -> str:
    schemes = "；".join(
        f"{name}为 {grades}{'' if verified else '（方案未核实）'}"
        for name, grades, verified in stated
    )
    way_out = (
        "请核对等级、行业和子类"
        if all(verified for _, _, verified in stated)
        else "请核对等级、行业和子类；如确属历史上的等级，请把来源改为“历史”，"
        "如目录中的方案有误，请先更正行业目录"
    )
    return (
        f"等级“{grade}”不在该厂区行业在规则集 {rulebook_id} 下的等级方案内（{schemes}），{way_out}"
    )


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
        record = _record(found.values)
        for ban in self._of(found.plant, found.enterprise):
            if is_barred(record, ban.effect, self._order):
                yield (
                    f"生效日期 {record.effective_on} 在虚假材料认定（{ban.document}）的禁止期内"
                    f"（{ban.effect.found_on} 至 {ban.effect.ban_last_day}），"
                    f"禁止期内只能登记最低等级（{ban.effect.lowest.grade}）。"
                    "请核对生效日期和等级；认定已被撤销的，请先在“虚假材料”表中填写撤销日期"
                )

    def _of(self, plant: PlantKey, enterprise: EnterpriseKey | None) -> Iterator[_Ban]:
        shared = self._findings.get(enterprise, ()) if enterprise is not None else ()
        for values in (*self._findings.get(("plant", plant), ()), *shared):
            yield self._ban(values, plant)

    def _ban(self, values: Values, plant: PlantKey) -> _Ban:
        found_on: date = values["found_on"]
        lowest = self._lowest(plant, found_on)
        last_day = ban_last_day(found_on, self._years)
        return _Ban(
            Effect(0, lowest, found_on, last_day, None), str(values.get("document") or "无文号")
        )

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
                for values in self._voided(grades.get(plant, ()), ban.effect):
                    self._matched.ledger.warn(
                        found.row,
                        "found_on",
                        f"该认定使厂区 {values['uscc']} {values['plant']} "
                        f"{values['effective_on']} 生效的等级 {values['grade']} 不再有效，"
                        f"自 {ban.effect.found_on} 起按最低等级 {ban.effect.lowest.grade} 计",
                    )

    def _plants_of(self, found: MatchedRow) -> Sequence[PlantKey]:
        if found.plant is not None:
            return [found.plant]
        return [plant for plant, it in self._plants.items() if it.owner == found.enterprise]

    def _voided(self, records: Sequence[Values], effect: Effect) -> Iterator[Values]:
        """The record that holds when the finding is made, and those that start inside its ban."""
        records = sorted(records, key=lambda it: it["effective_on"])
        before = [it for it in records if it["effective_on"] < effect.found_on]
        running = [
            it
            for it in before[-1:]
            if it.get("expires_on") is None or it["expires_on"] > effect.found_on
        ]
        inside = [it for it in records if starts_inside_ban(_record(it), effect)]
        for values in (*running, *inside):
            if not self._order.at_least(effect.lowest.grade, values["grade"]):
                yield values


def _record(values: Values) -> GradeRecord:
    return GradeRecord(0, values.get("rulebook") or "", values["grade"], values["effective_on"])
