"""A small issued list made by hand, without a database (样本清单)."""

from __future__ import annotations

from datetime import UTC, date, datetime

from app.grades.domain import GradeRecord, PlantFacts
from app.issuing.content import IssuedFile, ListedPlant, assemble, issued_file
from app.policy.documents import Document, as_json, to_canonical
from app.policy.domain import rank_candidates
from app.rulebook.domain import RulebookInfo
from app.rulebook.parameters import Parameter
from app.supervision.domain import Violation, ViolationKind
from tests.policies import DAY, ORDER, SETTINGS, TIERS, built_in_measures, candidate, standing

KNOWN = datetime(2025, 7, 1, 1, 2, 3, 4, tzinfo=UTC)
CODES = ("91330602MA00000018", "91330602MA00000026", "91330602MA00000034", "91330602MA00000042")
HEAD: Document = {
    "id": 7,
    "kind": "measure",
    "spec": "positive-list",
    "title": "监督执法正面清单",
    "county": None,
    "as_of": DAY.isoformat(),
    "known_at": KNOWN.isoformat(),
    "number": "绍环发〔2025〕7号",
    "signed_on": "2025-07-02",
    "effective_on": "2025-07-02",
    "made_by": "起草甲",
    "checked_by": "复核乙",
    "signed_by": "签发丙",
    "replaces": None,
}


def sample_content() -> Document:
    """Four plants: two admitted by grade, one that a violation bars, one ungraded."""
    measure = built_in_measures()["positive-list"]
    own = (
        standing("A"),
        standing("B"),
        standing("A", blocked=True, blocking=(5,), violations_36m=1),
        standing(None),
    )
    plants = [
        candidate(code, its, plant_id=n, name=f"示例企业{n}")
        for n, (code, its) in enumerate(zip(CODES, own, strict=True), start=1)
    ]
    ranked = rank_candidates(measure, plants, DAY, SETTINGS, ORDER)
    info = RulebookInfo("shaoxing-2023", "方案", "方案", "征求意见稿", None, None, None, "")
    record = GradeRecord(1, "shaoxing-2023", "A", date(2023, 1, 1), None, "核定", "示例〔2023〕1号")
    violation = Violation(5, ViolationKind.EVASION, None, date(2025, 3, 3), "示例罚〔2025〕3号")
    document = to_canonical(ranked, known_at=KNOWN, rulebook=info.id, rulebook_status=info.status)
    found = [row.candidate for row in ranked.rows]
    return assemble(
        document,
        plants=[
            ListedPlant(c.plant_id, c.plant_id, c.uscc, c.plant, c.county, c.plant_name, c.name)
            for c in found
        ],
        facts={1: PlantFacts((record,)), 3: PlantFacts((record,), (violation,))},
        parameters=[
            _setting("grade.order", TIERS),
            _setting("violations.window_months", 36),
            _setting("violation_year_basis", "decided"),
            _setting("block.other_kinds", value=False),
        ],
        rulebook=info,
        conditions=[(it.clause, it.title) for it in measure.conditions],
        order=[it.title for it in measure.full_order],
        notes=["位次为全部厂区的位次。"],
        counties={"330602": "越城区"},
        rulebooks={"shaoxing-2023": "绍兴方案"},
    )


def sample_file() -> IssuedFile:
    """The same, signed."""
    return issued_file(HEAD, as_json(sample_content()))


def _setting(name: str, value: object) -> Parameter:
    return Parameter(
        id=name,
        title=name,
        kind="int",
        value=value,  # type: ignore[arg-type]
        unit="",
        clause="",
        source="",
        status="本局设定",
        from_on=None,
        checked_on=DAY,
    )
