"""How the cells of each kind of column are read (单元格的读法).

Each parser takes a cell and the :class:`Tools` it is read against, and returns a ``Parsed``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from app.accounts.places import CountyIndex
from app.kernel.spreadsheets import (
    Cell,
    Parsed,
    code_form,
    parse_choice,
    parse_code,
    parse_date,
    parse_decimal,
    parse_integer,
    parse_text,
    parse_yes_no,
)
from app.registry.domain import (
    PermitCategory,
    PlantState,
    normalised_permit_number,
    plant_number_problem,
    uscc_problem,
)
from app.rulebook.domain import Catalogue, IndustryMatch, RulebookInfo
from app.supervision.domain import ViolationKind

GRADES = ("A+", "A", "B", "B-", "C", "D", "引领性", "非引领性")
POLLUTANTS = ("SO2", "NOx", "VOCs", "PM")
LEVELS: Mapping[str, str] = {"省级": "province", "市级": "city"}
_GRADE_WORDS: Mapping[str, str] = {
    "引领": "引领性",
    "绩效引领": "引领性",
    "绩效引领性": "引领性",
    "非引领": "非引领性",
    "非绩效引领": "非引领性",
    "非绩效引领性": "非引领性",
}
_POLLUTANT_WORDS: Mapping[str, str] = {
    "二氧化硫": "SO2",
    "氮氧化物": "NOx",
    "VOC": "VOCs",
    "挥发性有机物": "VOCs",
    "颗粒物": "PM",
}
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣", "-"))
_GBT = re.compile(r"[A-T]?(\d{2,4})", re.ASCII)
_YEAR = re.compile(r"(\d{4})年?度?", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_BETWEEN_NAMES = re.compile(r"[、，,;；/]+")
_FEWEST_INSPECTORS = 2
_SAME_WAY_AS_WRITTEN = ("序号", "名称")


@dataclass(frozen=True, slots=True)
class Tools:
    """What cells are read against: counties, the industry catalogue, rulebooks, day counting."""

    counties: CountyIndex
    catalogue: Catalogue
    rulebooks: tuple[RulebookInfo, ...]
    date1904: bool = False


Parse: TypeAlias = Callable[[Cell, Tools], Parsed[Any]]


def text(longest: int) -> Parse:
    """Free text of at most so many characters, kept as given."""

    def parse(cell: Cell, _tools: Tools) -> Parsed[str]:
        return _short_enough(parse_text(cell), longest)

    return parse


def code(longest: int) -> Parse:
    """A code in half width and upper case."""

    def parse(cell: Cell, _tools: Tools) -> Parsed[str]:
        return _short_enough(parse_code(cell), longest)

    return parse


def _short_enough(parsed: Parsed[str], longest: int) -> Parsed[str]:
    if parsed.value is None:
        return parsed
    length = max(len(parsed.value), len(unicodedata.normalize("NFKC", parsed.value)))
    if length > longest:
        return Parsed(problem=f"内容有 {length} 个字，超过 {longest} 个字的上限，请缩短后重新填写")
    return parsed


def phone(cell: Cell, _tools: Tools) -> Parsed[str]:
    """联系电话: half width, otherwise as given."""
    parsed = _short_enough(parse_text(cell), 60)
    if parsed.value is None:
        return parsed
    half = unicodedata.normalize("NFKC", parsed.value)
    return parsed if half == parsed.value else Parsed(half, f"“{parsed.value}”读作 {half}")


def uscc(cell: Cell, _tools: Tools) -> Parsed[str]:
    """统一社会信用代码, checked (GB 32100-2015)."""
    parsed = parse_code(cell)
    if parsed.value is None:
        return parsed
    wrong = uscc_problem(parsed.value)
    return Parsed(problem=wrong) if wrong else parsed


def plant_number(cell: Cell, _tools: Tools) -> Parsed[str]:
    """厂区编号: 1 is read as 001."""
    parsed = parse_code(cell, digits=3)
    if parsed.value is None:
        return parsed
    wrong = plant_number_problem(parsed.value)
    return Parsed(problem=wrong) if wrong else parsed


def day(cell: Cell, tools: Tools) -> Parsed[Any]:
    """A day in one of the accepted forms."""
    return parse_date(cell, date1904=tools.date1904)


def number(places: int) -> Parse:
    """A number of zero or more with at most so many decimals."""

    def parse(cell: Cell, _tools: Tools) -> Parsed[Decimal]:
        return parse_decimal(cell, places)

    return parse


def positive_tonnes(cell: Cell, _tools: Tools) -> Parsed[Decimal]:
    """Tonnes above zero with at most three decimals."""
    parsed = parse_decimal(cell)
    if parsed.value is not None and parsed.value == 0:
        return Parsed(problem="数量为 0，没有可分配的内容，请填写大于 0 的吨数，或者删去本行")
    return parsed


def choice(options: Sequence[str], aliases: Mapping[str, str] | None = None) -> Parse:
    """One of the options; the aliases are read as what they mean and reported."""

    def parse(cell: Cell, _tools: Tools) -> Parsed[str]:
        return parse_choice(cell, options, aliases)

    return parse


def yes_no(cell: Cell, _tools: Tools) -> Parsed[bool]:
    """是 or 否."""
    return parse_yes_no(cell)


permit_category = choice(
    tuple(PermitCategory), {"重点": "重点管理", "简化": "简化管理", "登记": "登记管理"}
)
plant_state = choice(tuple(PlantState), {"正常生产": "正常"})
violation_kind = choice(tuple(ViolationKind))
pollutant = choice(POLLUTANTS, _POLLUTANT_WORDS)


def permit_number(cell: Cell, _tools: Tools) -> Parsed[str]:
    """排污许可证编号 as it is stored; whose it is is checked beside the row's code."""
    parsed = parse_code(cell)
    if parsed.value is None:
        return parsed
    stored = normalised_permit_number(parsed.value)
    return _short_enough(Parsed(stored, parsed.read_as), 40)


def county(cell: Cell, tools: Tools) -> Parsed[str]:
    """区县代码; a name or an old code is read as the code when only one county fits."""
    parsed = parse_text(cell)
    if parsed.value is None:
        return parsed
    found = tools.counties.find(parsed.value)
    if found is None:
        known = "、".join(f"{it.code}（{it.name}）" for it in tools.counties.counties)
        return Parsed(problem=f"“{parsed.value[:40]}”不是本市的区县代码，请改为：{known}")
    if found.exact and parsed.value == found.county.code:
        return Parsed(found.county.code)
    return Parsed(
        found.county.code, f"“{parsed.value}”读作 {found.county.code}（{found.county.name}）"
    )


def rulebook(cell: Cell, tools: Tools) -> Parsed[str]:
    """规则集 by its id; its title is read as the id and reported."""
    titles = {it.title: it.id for it in tools.rulebooks}
    titles |= {it.short_title: it.id for it in tools.rulebooks}
    return parse_choice(cell, [info.id for info in tools.rulebooks], titles)


def grade(cell: Cell, _tools: Tools) -> Parsed[str]:
    """等级; B级 is read as B, 引领 as 引领性, and reported."""
    parsed = parse_text(cell)
    if parsed.value is None or parsed.value in GRADES:
        return parsed
    form = code_form(parsed.value).translate(_DASHES).removesuffix("级")
    meant = _GRADE_WORDS.get(form, form)
    if meant not in GRADES:
        return Parsed(
            problem=f"“{parsed.value[:40]}”不是可以识别的等级，请改为：{'、'.join(GRADES)}"
        )
    return Parsed(meant, f"“{parsed.value}”读作 {meant}")


def industry(cell: Cell, tools: Tools) -> Parsed[str]:
    """行业 by number, name, alias or a prefix only one has; gives the catalogue's id."""
    parsed = parse_text(cell)
    if parsed.value is None:
        return parsed
    match = tools.catalogue.match(parsed.value)
    if match.industry is None:
        return Parsed(problem=_no_industry(match, tools.catalogue))
    written = match.how in _SAME_WAY_AS_WRITTEN and match.text.strip() in {
        match.industry.name,
        str(match.industry.number),
    }
    return Parsed(
        match.industry.id, None if written else f"“{parsed.value}”读作 {match.industry.name}"
    )


def _no_industry(match: IndustryMatch, catalogue: Catalogue) -> str:
    if match.candidates:
        names = "、".join(it.name for it in match.candidates)
        return f"“{match.text[:40]}”对应行业目录中的多个行业，请写明是哪一个：{names}"
    numbers = [it.number for it in catalogue.industries if it.number is not None]
    return (
        f"行业目录中没有“{match.text[:40]}”，"
        f"请填写目录中的名称或序号（1 至 {max(numbers)}），可在“规则库”的行业目录中查到"
    )


def subtype(industry_id: str, given: str, tools: Tools) -> Parsed[str]:
    """子类 of that industry; where the catalogue lists none, the text is kept as given."""
    entry = tools.catalogue.by_id(industry_id)
    if not entry.subtypes:
        return Parsed(given)
    match = tools.catalogue.match_subtype(entry, given)
    if match.subtype is None:
        names = "、".join(it.name for it in match.candidates or entry.subtypes)
        return Parsed(problem=f"“{given[:40]}”不是行业“{entry.name}”的子类，请改为：{names}")
    return Parsed(match.subtype.name, f"“{given}”读作 {match.read_as}" if match.read_as else None)


def gbt_code(cell: Cell, _tools: Tools) -> Parsed[str]:
    """国民经济行业代码 (GB/T 4754): two to four digits; the letter of its section is left off."""
    parsed = parse_code(cell)
    if parsed.value is None:
        return parsed
    match = _GBT.fullmatch(parsed.value)
    if match is None:
        return Parsed(
            problem=f"“{parsed.value[:40]}”不是国民经济行业代码（GB/T 4754，如 3391），"
            "请只填写一个 2 至 4 位数字的代码"
        )
    if match[1] == parsed.value:
        return parsed
    return Parsed(match[1], f"“{parsed.value}”读作 {match[1]}")


def year(cell: Cell, _tools: Tools) -> Parsed[int]:
    """年度: four digits; 2025年 is read as 2025 and reported."""
    parsed = parse_text(cell)
    if parsed.value is None:
        return Parsed(problem=parsed.problem)
    match = _YEAR.fullmatch(code_form(parsed.value))
    if match is None:
        return Parsed(problem=f"“{parsed.value[:40]}”不是年度，请填写四位数字，例如 2025")
    whole = parse_integer(match[1]).value
    if whole is None or not _FIRST_YEAR <= whole <= _LAST_YEAR:
        return Parsed(
            problem=f"年度 {match[1]} 不在 {_FIRST_YEAR} 至 {_LAST_YEAR} 之间，请核对后改正"
        )
    return Parsed(whole, None if match[1] == parsed.value else f"“{parsed.value}”读作 {whole}")


def level(cell: Cell, _tools: Tools) -> Parsed[str]:
    """级别 of a reserve: 省级 or 市级."""
    parsed = parse_choice(cell, tuple(LEVELS), {"省": "省级", "市": "市级"})
    if parsed.value is None:
        return parsed
    return Parsed(LEVELS[parsed.value], parsed.read_as)


def inspectors(cell: Cell, _tools: Tools) -> Parsed[str]:
    """检查人员: two or more different names separated by 、."""
    parsed = _short_enough(parse_text(cell), 200)
    if parsed.value is None:
        return parsed
    names = [name.strip() for name in _BETWEEN_NAMES.split(parsed.value) if name.strip()]
    if len(set(names)) < _FEWEST_INSPECTORS:
        return Parsed(
            problem=f"检查人员“{parsed.value[:40]}”不足两人，请填写两名以上检查人员，用“、”隔开"
        )
    joined = "、".join(names)
    return Parsed(joined, None if joined == parsed.value else f"“{parsed.value}”读作 {joined}")
