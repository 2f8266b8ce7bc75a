"""企业台账: the register list and its export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import make_response, request, url_for
from werkzeug import Response

from app.accounts.queries import county_names
from app.kernel import audit, htmx
from app.kernel.asked import asked_in
from app.kernel.authority import Permission, Scope
from app.kernel.permissions import can, requires, scope_for
from app.kernel.transaction import reading_first
from app.kernel.web import page
from app.portal.domain import PERMITS, STANDINGS, marks, permit_mark
from app.portal.exports import offer_register, register_file
from app.portal.forms import (
    grade_options,
    industry_options,
    parameters_of,
    read_register_filter,
    register_url,
)
from app.portal.queries.conditions import LIVES, STATES, RegisterFilter
from app.portal.queries.register import export_register as rows_to_export
from app.portal.queries.register import list_officers, list_register, list_towns
from app.portal.routes.blueprint import blueprint
from app.rulebook.queries import catalogue

_HEADS = {
    "name": "企业名称、厂区",
    "uscc": "统一社会信用代码",
    "county": "区县",
    "town": "镇街",
    "industry": "主要行业",
    "grade": "等级",
    "standing": "状态",
    "permit": "许可有效期止",
    "state": "生产状态",
}


@blueprint.get("/register")
@requires(Permission.REGISTER_VIEW)
def register() -> str | Response:
    """The register as searched, narrowed and sorted, for the day shown."""
    asked = asked_in(request.args)
    wanted = read_register_filter(request.args, asked.on)
    day: dict[str, Any] = {"as_of": asked.typed_on} if asked.day_fault else {}
    address = url_for("portal.register", **parameters_of(wanted), **day)
    scope = scope_for(Permission.REGISTER_VIEW)
    names = county_names()
    if htmx.is_fragment_request() and not (
        asked.is_of_the_page_around() and _offers_the_same(wanted, scope, names)
    ):
        return htmx.htmx_redirect(address)
    found = list_register(wanted, scope)
    options = _options(wanted, scope, names)
    html = page(
        "portal/register.html",
        blocks=("rows",),
        wanted=wanted,
        options=options,
        rows=_shown_rows(found.rows, wanted, names),
        count=_count_words(wanted, found.plants, found.enterprises),
        heads={key: _head(key, label, wanted) for key, label in _HEADS.items()},
        chips=_chips(wanted, options),
        clear_url=register_url(RegisterFilter(wanted.on)),
        previous_url=register_url(wanted, before=found.rows[0][0])
        if found.has_previous and found.rows
        else None,
        next_url=register_url(wanted, after=found.rows[-1][0])
        if found.has_next and found.rows
        else None,
        export_url=url_for("portal.export_register", **parameters_of(wanted)),
        batch_url=url_for("portal.batch_register", **parameters_of(wanted)),
        plants=found.plants,
        may_export=can(Permission.REGISTER_EXPORT),
        may_export_ledger=can(Permission.LEDGER_EXPORT),
        may_open_accounts=can(Permission.ACCOUNT_ENTERPRISE),
        may_edit=can(Permission.REGISTER_EDIT),
        may_import=can(Permission.LEDGER_IMPORT),
        **asked.shown(),
    )
    return htmx.push_url(make_response(html), address)


@blueprint.post("/register/export")
@requires(Permission.REGISTER_EXPORT)
def export_register() -> Response:
    """The whole list as shown, as a workbook or csv: same filter, order and day."""
    form = "csv" if request.form.get("format") == "csv" else "xlsx"
    with reading_first():
        asked = asked_in(request.args)
        wanted = replace(read_register_filter(request.args, asked.on), after=None, before=None)
        scope = scope_for(Permission.REGISTER_EXPORT)
        rows = rows_to_export(wanted, scope)
        names = county_names()
        options = _options(wanted, scope, names)
        said = [f"{label}：{value}" for label, value, _ in _chips(wanted, options)]
        content = register_file(rows, wanted, said, names, form)
    audit.record(
        "register.exported",
        "register",
        wanted.on,
        {"条件": said, "排序": wanted.sort, "厂区数": len(rows), "格式": form},
    )
    return htmx.htmx_redirect(offer_register(content, wanted.on, form))


_MOST_COUNTIES = 30
"""In a wider reach, the towns and officers offered are those of the chosen county."""


def _counties(scope: Scope, names: Mapping[str, str]) -> Mapping[str, str]:
    within = scope.counties
    if within is None:
        return names
    return {code: names[code] for code in sorted(within) if code in names}


def _offers_the_same(wanted: RegisterFilter, scope: Scope, names: Mapping[str, str]) -> bool:
    """Whether the page around the list already offers the towns and officers to choose from."""
    if len(_counties(scope, names)) <= _MOST_COUNTIES:
        return True
    return htmx.parameters_around().get("county", "") == wanted.county


def _options(
    wanted: RegisterFilter, scope: Scope, names: Mapping[str, str]
) -> dict[str, Mapping[str, str]]:
    """Per filter what this person can choose: id → words."""
    counties = _counties(scope, names)
    is_wide = len(counties) > _MOST_COUNTIES
    asks_places = not is_wide or bool(wanted.county)
    county = wanted.county if is_wide else ""
    towns = {}
    for of, town in list_towns(scope, county) if asks_places else ():
        several = len(counties) != 1 and of in counties and not county
        towns[town] = f"{town}（{counties[of]}）" if several else town
    return {
        "county": counties,
        "town": towns,
        "industry": industry_options(wanted.on),
        "grade": grade_options(wanted.on),
        "standing": STANDINGS,
        "permit": PERMITS,
        "state": STATES,
        "officer": {it: it for it in list_officers(scope, county)} if asks_places else {},
        "life": LIVES,
    }


_LABELS = {
    "county": "区县",
    "town": "镇街",
    "industry": "主要行业",
    "grade": "等级",
    "standing": "状态",
    "permit": "排污许可证",
    "state": "生产状态",
    "officer": "经办人",
    "life": "存续情况",
}


def _chips(
    wanted: RegisterFilter, options: Mapping[str, Mapping[str, str]]
) -> list[tuple[str, str, str]]:
    chips = []
    if wanted.search:
        chips.append(("搜索", wanted.search, register_url(wanted, search="")))
    for name, label in _LABELS.items():
        chosen = getattr(wanted, name)
        if chosen:
            words = options[name].get(chosen, chosen)
            chips.append((label, words, register_url(wanted, **{name: ""})))
    return chips


def _head(key: str, label: str, wanted: RegisterFilter) -> tuple[str, str, str]:
    here = key == wanted.sort
    state = ("descending" if wanted.falling else "ascending") if here else ""
    return label, register_url(wanted, sort=key, falling=here and not wanted.falling), state


def _count_words(wanted: RegisterFilter, plants: int, enterprises: int) -> str:
    narrowed = any(name in parameters_of(wanted) for name in ("q", *_LABELS))
    before = "符合条件" if narrowed else "共"
    return f"{before} {plants:,} 个厂区，分属 {enterprises:,} 家企业"


def _shown_rows(
    rows: list[tuple[Any, ...]], wanted: RegisterFilter, counties: Mapping[str, str]
) -> list[tuple[Any, ...]]:
    """The rows as the table prints them."""
    day = parameters_of(RegisterFilter(wanted.on))
    industries = catalogue()
    shown = []
    for (
        plant_id, name, number, plant_name, uscc, county, town, industry, subtype,
        grade, verified, basis, blocked, banned_until, category, until, state, closed, officer,
    ) in rows:  # fmt: skip
        shown.append(
            (
                url_for("portal.plant", plant_id=plant_id, **day),
                name,
                number,
                plant_name,
                uscc,
                counties.get(county, county),
                town,
                industries.by_id(industry).label(subtype or None, wanted.on)
                if industry
                else "未登记",
                grade,
                verified,
                marks(basis, banned_until, blocked=blocked),
                category,
                until,
                permit_mark(until, wanted.on),
                state,
                closed if closed and closed <= wanted.on else None,
                officer,
                plant_id,
            )
        )
    return shown
