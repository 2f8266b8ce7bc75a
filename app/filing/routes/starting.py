"""开始申报: plant, year, kind and grade are chosen; the app says at once whether that may be."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import abort, flash, make_response, request, url_for
from werkzeug import Response

from app.approvals.domain import Refused
from app.filing import services
from app.filing.admission import TOP_GRADE
from app.filing.domain import Kind
from app.filing.queries import (
    admission,
    scheme_grades,
    unknown_in,
    why_no_grades,
)
from app.filing.reasons import shown_reasons
from app.filing.routes.blueprint import blueprint
from app.filing.settings import contact_of
from app.grades.queries import standings_on
from app.kernel import clock, htmx
from app.kernel.authority import Permission
from app.kernel.permissions import requires, scope_for
from app.kernel.verdicts import Verdict
from app.kernel.web import page
from app.registry.queries import PlantOnRecord, find_plant, industries_of, list_plants
from app.rulebook.domain import Grade, with_grade
from app.rulebook.queries import rulebook_on

_YEARS = range(2000, 2101)
_CONTEST = (
    "可以按处罚决定书、认定书上载明的途径和期限申请行政复议或者提起行政诉讼，也可以向作出决定的"
    "机关提出。决定或认定被撤销的，由所在区县登记后即不再计入，无须重新申请。"
)


def _plants() -> list[PlantOnRecord]:
    today = clock.today()
    found = list_plants(scope_for(Permission.FILING_WORK))
    return [it for it in found if it.closed_on is None or it.closed_on > today]


def _typed(values: Mapping[str, str], plants: list[PlantOnRecord]) -> dict[str, str]:
    only = str(plants[0].plant_id) if len(plants) == 1 else ""
    return {
        "plant_id": values.get("plant_id", only).strip()[:16],
        "year": values.get("year", str(clock.today().year)).strip()[:10],
        "kind": values.get("kind", "").strip()[:16],
        "target": values.get("target", "").strip()[:8],
    }


def _plant_of(text: str) -> PlantOnRecord | None:
    if not text:
        return None
    is_number = text.isascii() and text.isdecimal()
    found = find_plant(int(text), scope_for(Permission.FILING_WORK)) if is_number else None
    if found is None:
        abort(404, "没有这个厂区，或者不属于本企业。")
    return found


def _year_of(text: str) -> int | None:
    is_year = text.isascii() and text.isdecimal() and len(text) < 5
    return int(text) if is_year and int(text) in _YEARS else None


def _grades(plant: PlantOnRecord | None, plants: list[PlantOnRecord], on: date) -> list[Grade]:
    """The grades of the plant's schemes; of all plants' as long as none is chosen."""
    chosen = [plant] if plant else plants
    industries = industries_of([it.plant_id for it in chosen])
    found: list[Grade] = []
    for it in chosen:
        rules = rulebook_on(on, it.county)
        found += scheme_grades(industries.get(it.plant_id, ()), rules)
    return [it for it in dict.fromkeys(found) if it != TOP_GRADE]


def _missing(plants: Sequence[PlantOnRecord], on: date) -> str:
    """What must be on record before anything can be filed, and who can enter it; empty: it is."""
    industries = industries_of([it.plant_id for it in plants])
    office = contact_of(sorted({it.county for it in plants}))
    for it in plants:
        own, rules = industries.get(it.plant_id, ()), rulebook_on(on, it.county)
        if not own or unknown_in(own, rules):
            return why_no_grades(own, rules, office)
    return ""


@blueprint.get("/new")
@requires(Permission.FILING_WORK)
def new_filing() -> str:
    """The form; once all four are chosen, the verdict with clauses, facts and what lifts it."""
    return _page(request.args)


def _page(values: Mapping[str, str], faults: tuple[tuple[str, str], ...] = ()) -> str:
    today, plants = clock.today(), _plants()
    typed = _typed(values, plants)
    plant = _plant_of(typed["plant_id"])
    grades = _grades(plant, plants, today)
    year = _year_of(typed["year"])
    wrong = {} if year else {"year": "年度应为四位数字，例如 2026。请改正。"}
    kind = Kind(typed["kind"]) if typed["kind"] in set(Kind) else None
    missing = _missing([plant] if plant else plants, today) if plant or not grades else ""
    found = None
    if plant and year and kind and typed["target"]:
        found = Chosen(plant, year, kind, typed["target"])
    return page(
        "filing/new.html",
        blocks=("verdict",),
        plants=[(it.plant_id, f"{it.enterprise_name}：{it.number} {it.name}") for it in plants],
        kinds=[(it.value, it.words) for it in Kind],
        targets=[(it, it) for it in grades],
        missing=missing,
        target_hint="" if grades else "现在没有可以选择的等级，原因见“现在还不能申报”。",
        wanted=typed,
        wrong=wrong,
        faults=[*faults, *((f"f-{name}", text) for name, text in wrong.items())],
        form_key=secrets.token_hex(16),
        is_other_plant=_is_other_plant(typed["plant_id"], plants),
        **_told(found, grades, today),
    )


def _is_other_plant(plant_id: str, plants: list[PlantOnRecord]) -> bool:
    """Whether the page that asks shows the grades of another plant than the one now chosen."""
    before = _typed(htmx.parameters_around(), plants)["plant_id"]
    return htmx.is_fragment_request() and before != plant_id


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be filed for."""

    plant: PlantOnRecord
    year: int
    kind: Kind
    target: Grade

    @property
    def words(self) -> str:
        """As the verdict names it."""
        filed = with_grade("申报", self.target)
        return f"{self.plant.full_name}，{self.kind.in_year(self.year)}，{filed}。"

    def verdict(self, on: date, target: Grade | None = None) -> Verdict:
        """Whether it, or another grade, may be filed for."""
        return admission(self.plant, self.kind, self.year, target or self.target, on)


def _told(chosen: Chosen | None, grades: list[Grade], today: date) -> dict[str, object]:
    """The verdict as its component shows it."""
    if chosen is None:
        return {"verdict": None}
    plant, verdict = chosen.plant, chosen.verdict(today)
    unmet = {it.clause for it in verdict.reasons if not it.met}
    banned = standings_on([plant.plant_id], today)[plant.plant_id].banned_until
    until, lifts = None, ""
    if "PLAN-FALSE" in unmet:
        until, lifts = banned, "认定被撤销，或者期满。"
    elif "PLAN-BLOCK" in unmet:
        until, lifts = date(today.year, 12, 31), "有关决定被撤销，或者年度届满。"
    return {
        "verdict": verdict,
        "sentence": chosen.words,
        "reasons": shown_reasons(verdict.reasons, plant.plant_id),
        "until": until,
        "lifts": lifts,
        "contest": _CONTEST if unmet & {"PLAN-FALSE", "PLAN-BLOCK"} else "",
        "others_open": [
            (
                grade,
                url_for(
                    "filing.new_filing", plant_id=plant.plant_id, year=chosen.year,
                    kind=chosen.kind.value, target=grade,
                ),
            )
            for grade in grades
            if not verdict.admitted and chosen.verdict(today, grade).admitted
        ],
    }  # fmt: skip


@blueprint.post("/new")
@requires(Permission.FILING_WORK)
def start_filing() -> Response:
    """Begin the filing; the same form sent twice is one filing."""
    form = request.form
    plant, year = _plant_of(form.get("plant_id", "0") or "0"), _year_of(form.get("year", ""))
    kind = form.get("kind", "")
    form_key = form.get("form_key", "")[:64]
    if (
        plant is None
        or year is None
        or kind not in set(Kind)
        or not form.get("target")
        or not form_key
    ):
        return make_response(
            _page(form, (("", "厂区、年度、类型和等级没有选全。请选好后再开始。"),)), 422
        )
    try:
        filing_id = services.start(plant, year, Kind(kind), form["target"][:8], form_key=form_key)
    except Refused as refused:
        return make_response(_page(form, (("verdict", str(refused)),)), 422)
    flash("申报已建立，可以开始填报。填写的内容自动保存，随时可以离开再回来。")
    return htmx.htmx_redirect(url_for("filing.assess_page", filing_id=filing_id))
