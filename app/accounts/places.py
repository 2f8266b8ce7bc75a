"""Bureaus and counties (生态环境局、区县): how one is set up, and which one a text means."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bureau:
    """A bureau (生态环境局) of a province, a city or a county; ``local_code`` 本局自编."""

    code: str
    name: str
    short_name: str
    level: str
    parent_code: str | None = None
    former_codes: tuple[str, ...] = ()
    local_code: bool = False


@dataclass(frozen=True, slots=True)
class CountyMatch:
    """The county a text means; ``exact`` when it was its code as it stands today."""

    county: Bureau
    exact: bool


class CountyIndex:
    """Finds counties (区县) by code, former code or unique name; made once for many look-ups."""

    def __init__(self, bureaus: Iterable[Bureau]) -> None:
        known = tuple(bureaus)
        self.counties = tuple(bureau for bureau in known if bureau.level == "county")
        self._codes = {county.code: county for county in self.counties}
        self._others: dict[str, Bureau | None] = {}
        for county in self.counties:
            for text in {*county.former_codes, county.name, county.short_name}:
                self._others[text] = None if text in self._others else county
        self._prefixes = tuple(
            name
            for level in ("province", "city")
            for bureau in known
            if bureau.level == level
            for name in (bureau.name, bureau.short_name)
        )

    def find(self, text: str) -> CountyMatch | None:
        """The county meant by ``text``, or None when there is none or more than one."""
        wanted = unicodedata.normalize("NFKC", text).strip()
        if wanted in self._codes:
            return CountyMatch(self._codes[wanted], exact=True)
        for prefix in self._prefixes:
            if len(wanted) > len(prefix):
                wanted = wanted.removeprefix(prefix)
        county = self._others.get(wanted) or self._by_stem(wanted)
        return CountyMatch(county, exact=False) if county else None

    def _by_stem(self, wanted: str) -> Bureau | None:
        """上虞市 for 上虞区: the same place under its former kind of division."""
        if wanted[-1:] not in {"区", "县", "市"}:
            return None
        return self._others.get(wanted[:-1])


@dataclass(frozen=True, slots=True)
class CountyPlan:
    """A county (区县) or zone (功能区) to be entered; without ``code`` the system gives one."""

    name: str
    code: str | None = None
    former_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BureauPlan:
    """The bureau an installation serves: its province, itself, its counties."""

    province: str
    province_code: str
    city: str
    city_code: str
    counties: tuple[CountyPlan, ...]


SHAOXING = BureauPlan(
    province="浙江省",
    province_code="330000",
    city="绍兴市生态环境局",
    city_code="330600",
    counties=(
        CountyPlan("越城区", "330602"),
        CountyPlan("柯桥区", "330603", ("330621",)),
        CountyPlan("上虞区", "330604", ("330682",)),
        CountyPlan("新昌县", "330624"),
        CountyPlan("诸暨市", "330681"),
        CountyPlan("嵊州市", "330683"),
    ),
)
"""What is offered on the first visit; the codes are the national ones (统计用区划代码)."""

LOCAL_NUMBERS = range(91, 100)
"""Last two digits of codes this system gives to zones; no division of the country uses them."""


def with_codes(plan: BureauPlan) -> list[tuple[CountyPlan, str]]:
    """Each county with its code; a zone without one gets the city's next free number from 91."""
    taken = {county.code for county in plan.counties}
    free = (f"{plan.city_code[:4]}{number}" for number in LOCAL_NUMBERS)
    local = (code for code in free if code not in taken)
    return [(county, county.code or next(local)) for county in plan.counties]


def short_name(name: str) -> str:
    """越城 for 越城区, 绍兴市 for 绍兴市生态环境局: what people say for short."""
    bureau = name.removesuffix("生态环境局")
    if bureau != name or len(name) < 3 or name[-1] not in "区县市":
        return bureau
    return name[:-1]


def plan_problems(plan: BureauPlan) -> list[tuple[str, str]]:
    """What is wrong with a plan, as pairs (input, sentence); empty when nothing is."""
    return [
        *_bureau_problems("province", plan.province, plan.province_code),
        *_bureau_problems("city", plan.city, plan.city_code),
        *_county_problems(plan),
    ]


def _bureau_problems(field: str, name: str, code: str) -> Iterator[tuple[str, str]]:
    if not 2 <= len(name) <= 40:
        yield field, "名称应为 2 至 40 个字。请填写。"
    if not _is_code(code):
        yield f"{field}_code", "行政区划代码应为 6 位数字。请改正。"


def _county_problems(plan: BureauPlan) -> Iterator[tuple[str, str]]:
    if not plan.counties:
        yield "county_name_1", "至少需要一个区县。请填写名称和代码。"
    names: set[str] = set()
    codes = {plan.province_code, plan.city_code}
    for number, county in enumerate(plan.counties, start=1):
        if not 2 <= len(county.name) <= 20:
            yield f"county_name_{number}", "区县名称应为 2 至 20 个字。请填写。"
        if county.name in names:
            yield f"county_name_{number}", f"“{county.name}”填写了两次。请去掉一个。"
        names.add(county.name)
        wrong = [
            code for code in (county.code, *county.former_codes) if not _is_code(code or "0" * 6)
        ]
        if wrong:
            yield f"county_code_{number}", f"“{wrong[0]}”不是 6 位数字的代码。请改正，或留空。"
        for code in filter(None, (county.code, *county.former_codes)):
            if code in codes:
                yield f"county_code_{number}", f"代码 {code} 重复。请核对各区县的代码。"
            codes.add(code)
    if sum(county.code is None for county in plan.counties) > len(LOCAL_NUMBERS):
        yield "county_name_1", f"没有区划代码的功能区最多 {len(LOCAL_NUMBERS)} 个。请减少。"


def _is_code(text: str) -> bool:
    return len(text) == 6 and text.isascii() and text.isdecimal()
