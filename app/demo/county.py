"""The nameless many of the demo county (示例县): about 270 enterprises of believable shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from app.demo.builder import DemoRegister, Place, Trade
from app.kernel.periods import months_before
from app.registry.services import LineEntry, MeasureEntry
from app.upgrading.services import ProjectEntry

LETTERS = ("A", "B", "B-", "C", "D", None)
LETTER_SHARES = (12, 50, 38, 470, 330, 100)
LEADING = ("引领性", "非引领性", None)
LEADING_SHARES = (20, 68, 12)
LEADING_TRADES = {
    ("nonferrous-rolling", ""),
    ("cement", "独立粉磨站"),
    ("cement", "水泥制品"),
    ("coatings", "粉末涂料"),
}
TOP = frozenset({"A+", "A", "引领性", "B", "B-"})
VIOLATION_KINDS = (
    "超许可浓度或总量",
    "未按规定安装使用自动监测",
    "未取得排污许可证",
    "未依法环评",
    "逃避监管排放",
    "其他",
)
LOWER = {"A": "B", "B": "C", "B-": "C", "C": "D", "引领性": "非引领性"}
BETTER = {"D": "C", "非引领性": "引领性"}
POLLUTANTS = ("SO2", "NOx", "VOCs", "PM")


def add_enterprises(register: DemoRegister) -> None:
    """Fill every district with enterprises, plants, industries, lines and measures."""
    names: set[str] = set()
    used: dict[str, int] = {}
    for place in register.places.values():
        for _ in range(place.enterprises):
            trade = _trade_for(register, place, used)
            name = _new_name(register, place, trade, names)
            enterprise = register.enterprise(name, place)
            for number in range(1, _plants_wanted(register) + 1):
                _add_plant(register, enterprise, place, trade, number)


def _trade_for(register: DemoRegister, place: Place, used: dict[str, int]) -> Trade:
    open_trades = [
        trade
        for trade in register.trades
        if trade.mix.get(place.name) and used.get(trade.id, 0) < (trade.only or 10**6)
    ]
    waiting = [trade for trade in open_trades if trade.only]
    if waiting:
        trade = waiting[0]
    else:
        trade = register.rng.choices(open_trades, [t.mix[place.name] for t in open_trades])[0]
    used[trade.id] = used.get(trade.id, 0) + 1
    return trade


def _new_name(register: DemoRegister, place: Place, trade: Trade, names: set[str]) -> str:
    words, choice = register.words, register.rng.choice
    while True:
        word = choice(words.first) + choice(words.second)
        if word not in names:
            names.add(word)
            return f"{place.short}{word}{choice(trade.tails)}有限公司（示例）"


def _plants_wanted(register: DemoRegister) -> int:
    return register.rng.choices((1, 2, 3), (86, 11, 3))[0]


def _add_plant(
    register: DemoRegister, enterprise: int, place: Place, trade: Trade, number: int
) -> None:
    rng = register.rng
    where = place
    if number > 1 and rng.random() < 0.3:
        others = [p for p in register.places.values() if trade.mix.get(p.name)]
        where = rng.choice(others)
    plant = register.plant(
        enterprise,
        where,
        trade,
        number=number,
        name="本部厂区" if number == 1 else f"{('', '', '二', '三')[number]}厂区",
        state=rng.choices(("正常", "停产", "长期停产"), (93, 4, 3))[0],
        livelihood=rng.random() < 0.02,
    )
    if trade.reference and rng.random() < 0.18:
        register.industry(plant, register.trade(rng.choice(trade.reference)), "参照")
    grade = _wanted_grade(register, trade)
    _add_grades(register, plant, grade)
    if rng.random() < 0.45:
        add_lines(register, plant, grade)


def _wanted_grade(register: DemoRegister, trade: Trade) -> str | None:
    if trade.id == "refining-petrochemicals":
        return "A"
    if (trade.id, trade.subtype) in LEADING_TRADES:
        return register.rng.choices(LEADING, LEADING_SHARES)[0]
    return register.rng.choices(LETTERS, LETTER_SHARES)[0]


# --- grades over the years ----------------------------------------------------------------------


def _add_grades(register: DemoRegister, plant: int, grade: str | None) -> None:
    if grade is None:
        _add_lapsed(register, plant)
    elif grade in TOP:
        _add_yearly(register, plant, grade)
    else:
        _add_lasting(register, plant, grade)


def _add_lapsed(register: DemoRegister, plant: int) -> None:
    """Never graded, or a grade that has ended without another."""
    if register.rng.random() < 0.4:
        start = register.ago(register.rng.randint(430, 900))
        register.grade(plant, "C", start, start + timedelta(days=365), source="历史")


def _add_yearly(register: DemoRegister, plant: int, grade: str) -> None:
    """A or B lives one year and is renewed each year (PLAN-RENEW); before it a lower grade."""
    rng = register.rng
    present = register.ago(rng.randint(25, 330))
    years = rng.randint(0, 2)
    first = months_before(present, 12 * years)
    before = first - timedelta(days=rng.randint(200, 420))
    register.grade(plant, LOWER.get(grade, "C"), before, source="历史")
    for year in range(years, -1, -1):
        start = months_before(present, 12 * year)
        until = months_before(present, 12 * (year - 1))
        register.grade(plant, grade, start, until, source="核定" if year == years else "复核")


def _add_lasting(register: DemoRegister, plant: int, grade: str) -> None:
    """C and D stand until another grade takes their place."""
    rng = register.rng
    start = register.ago(rng.randint(160, 1100))
    chance = rng.random()
    if grade == "C" and chance < 0.5:
        register.grade(plant, "D", start - timedelta(days=rng.randint(150, 500)), source="历史")
        register.grade(plant, "C", start)
    elif grade == "C" and chance < 0.62:
        earlier = start - timedelta(days=rng.randint(200, 360))
        register.grade(plant, "B", earlier, months_before(earlier, -12))
        register.grade(plant, "C", start, source="降级")
    elif grade in {"D", "非引领性"} and chance < 0.15:
        better = BETTER[grade]
        register.grade(plant, better, start - timedelta(days=rng.randint(150, 360)))
        register.grade(plant, grade, start, source="降级")
    else:
        register.grade(plant, grade, start)


# --- lines and emergency measures ---------------------------------------------------------------


def add_lines(register: DemoRegister, plant: int, grade: str | None) -> None:
    """Give the plant production lines and, for each warning level, what it then does."""
    rng, trade = register.rng, register.main_trade[plant]
    for index, (name, process) in enumerate(trade.lines, start=1):
        approved = Decimal(rng.randint(*trade.capacity))
        permitted = approved * rng.randint(85, 100) / 100
        actual = permitted * rng.randint(60, 98) / 100
        number = f"{index:02d}"
        whole = Decimal("0.1")
        line = LineEntry(
            plant, number, f"{index} 号{name}", process, approved,
            permitted.quantize(whole), actual.quantize(whole), trade.unit,
        )  # fmt: skip
        register.add("lines", line)
        if index == 1:
            _add_measures(register, plant, number, grade, actual)


SHARES_LEFT = {"B": (100, 80, 50), "B-": (100, 80, 50), "C": (80, 50, 0)}
"""Per cent of the day's amount left at 黄、橙、红; made up, no rule of any industry."""


def _add_measures(
    register: DemoRegister, plant: int, line: str, grade: str | None, yearly: Decimal
) -> None:
    trade = register.main_trade[plant]
    unit = trade.unit.removesuffix("/年")
    amount = (yearly / 300).quantize(Decimal("0.001"))
    if grade in {"A", "引领性"}:
        for level in "黄橙红":
            register.add("measures", MeasureEntry(plant, line, level, "自主减排"))
        return
    for level, left in zip("黄橙红", SHARES_LEFT.get(grade or "", (50, 0, 0)), strict=True):
        to = (amount * left / 100).quantize(Decimal("0.001"))
        words = "停产" if left == 0 else f"{trade.action}由 {amount} {unit}降低到 {to} {unit}"
        cut = ((Decimal(100 - left) / 100) * register.rng.randint(5, 80) / 1000).quantize(
            Decimal("0.001")
        )
        entry = MeasureEntry(
            plant, line, level, "维持生产" if left == 100 else words, amount, to, unit, cut
        )
        register.add("measures", entry)


# --- what was found against them, and what they asked for ---------------------------------------


def add_supervision(register: DemoRegister) -> None:
    """Violations, a few findings and many inspections, most of them of C and D plants."""
    grades = register.present_grades()
    last_start = _last_starts(register)
    for plant, grade in enumerate(grades):
        rng = register.rng
        chance = 0.08 if grade in TOP else 0.24
        while rng.random() < chance:
            _add_violation(register, plant)
        start = last_start.get(plant)
        if grade in {"C", "D"} and start is not None and rng.random() < 0.012:
            found = start + timedelta(days=rng.randint(10, max(11, (register.today - start).days)))
            register.finding(plant, min(found, register.today))
        _add_inspections(register, plant, grade)


def _last_starts(register: DemoRegister) -> dict[int, date]:
    starts: dict[int, date] = {}
    for fact in register.facts["grades"]:
        plant = fact.entry.plant_id
        starts[plant] = max(starts.get(plant, date.min), fact.entry.effective_on)
    return starts


def _add_violation(register: DemoRegister, plant: int) -> None:
    rng = register.rng
    recent = rng.random() < 0.4
    decided = register.this_year(rng.randint(5, 320)) if recent else register.ago(
        rng.randint(330, 1700)
    )  # fmt: skip
    withdrawn = None
    if rng.random() < 0.08:
        withdrawn = min(decided + timedelta(days=rng.randint(40, 160)), register.today)
    register.violation(
        plant,
        decided,
        rng.choices(VIOLATION_KINDS, (34, 16, 10, 12, 8, 20))[0],
        withdrawn_on=withdrawn,
        whole=rng.random() < 0.1,
    )


def _add_inspections(register: DemoRegister, plant: int, grade: str | None) -> None:
    rng = register.rng
    for _ in range(rng.choices((0, 1, 2), (50, 35, 15))[0]):
        kind = rng.choices(("日常检查", "抽查", "复核", "执法"), (5, 3, 1, 2))[0]
        short = grade in LOWER and rng.random() < 0.06
        actual = LOWER[grade] if grade and short else None
        register.inspection(plant, register.ago(rng.randint(3, 700)), kind, actual=actual)


def add_projects(register: DemoRegister) -> None:
    """Projects of every kind, with the applications for emission rights they bring."""
    rng, used = register.rng, range(len(register.plants))
    grades = register.present_grades()
    ever_graded = _last_starts(register)
    for plant in sorted(rng.sample(used, len(used) // 6)):
        _add_project(register, plant, grades[plant], young=plant not in ever_graded)
    for plant in used:
        if grades[plant] in TOP:
            _apply(register, plant, POLLUTANTS, "")
        elif rng.random() < 0.1:
            _apply(register, plant, rng.sample(POLLUTANTS, 2), "")


def _add_project(register: DemoRegister, plant: int, grade: str | None, *, young: bool) -> None:
    """Add a project; a young plant's first one may be that of a new enterprise (新办企业)."""
    rng, trade = register.rng, register.main_trade[plant]
    kind = rng.choice(("新建", "改建", "扩建"))
    fresh = kind == "新建" and young and register.plants[plant].number == "001"
    started = register.ago(rng.randint(40, 900))
    if fresh:
        owner = register.enterprises[register.plants[plant].enterprise_id]
        owner.entry = replace(owner.entry, founded_on=started - timedelta(days=150))
    done = min(started + timedelta(days=rng.randint(120, 500)), register.today)
    amount = rng.randint(*trade.capacity)
    name = f"年产 {amount} {trade.unit.removesuffix('/年')}{kind}项目（示例）"
    completed = done if done < register.today else None
    lowest = grade in {"D", "非引领性", None} and not fresh and kind != "新建"
    register.project(
        ProjectEntry(
            plant_id=plant,
            name=name,
            kind=kind,
            new_enterprise=fresh,
            eia_document=register.document("审", started),
            eia_grade="引领性" if (trade.id, trade.subtype) in LEADING_TRADES else "B",
            started_on=started,
            completed_on=completed,
            upgrade_started_on=started + timedelta(days=rng.choice((0, 0, 60))) if lowest else None,
            upgrade_completed_on=completed if lowest and rng.random() < 0.5 else None,
        )
    )
    _apply(register, plant, ("VOCs", "NOx"), name)


def _apply(register: DemoRegister, plant: int, pollutants: Sequence[str], project: str) -> None:
    """Ask for rights of this year, and some of the last year too."""
    rng = register.rng
    new_year = date(register.today.year, 1, 1)
    also_last_year = rng.random() < 0.4
    for pollutant in pollutants:
        asked = Decimal(rng.randint(120, 24000)).scaleb(-3)
        register.application(
            plant, pollutant, str(asked), register.this_year(rng.randint(1, 300)), project
        )
        if also_last_year:
            before = new_year - timedelta(days=rng.randint(10, 330))
            register.application(plant, pollutant, str(asked), before, project)
