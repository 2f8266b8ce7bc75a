"""会改变什么: what a change of 规则库 would move, before it is proposed and while it is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import abort, url_for
from werkzeug import Response

from app.accounts.queries import list_bureaus
from app.accounts.sessions import signed_in_person
from app.approvals.queries import open_of_kinds
from app.desk.routes.blueprint import blueprint
from app.desk.routes.rulebook import crumbs
from app.desk.rule_forecasts import Forecast, find_forecast, rows_of, work_out
from app.desk.rule_moves import IN, OUT, PLANTS, RANK, DayEffects, Moved, Part
from app.kernel import clock, files, htmx
from app.kernel.authority import Permission
from app.kernel.listing import page_number, ways
from app.kernel.permissions import can, requires
from app.kernel.spreadsheets import Column, SheetLayout, write_xlsx
from app.kernel.web import page
from app.policy.exports import MEDIA_TYPES
from app.rulebook.changes import Change
from app.rulebook.listing import Listing, asked, listing, mentions, typed
from app.rulebook.services import INDUSTRY, PARAMETER, faults_of, ground
from app.rulebook.telling import title_of, told_change

ROWS_PER_PAGE = 50
SECONDS_BETWEEN_LOOKS = 2
_ADDRESS = "/rulebook/forecasts/<forecast_key>"
_KEYS: Mapping[str, Any] = {
    "move": lambda _: 0,  # as worked out: who leaves, who enters, then by rank
    "plant": lambda it: (it.name, it.number),
    "uscc": lambda it: (it.uscc, it.number),
    "county": lambda it: (it.county, it.uscc, it.number),
    "change": lambda it: it.change,
}
_LABELS = {"plant": "厂区", "uscc": "统一社会信用代码", "county": "区县", "change": "变动"}


@blueprint.get(_ADDRESS)
@requires(Permission.RULEBOOK_FORESEE)
def rule_forecast(forecast_key: str) -> str | Response:
    """What a change would move, in numbers and by its first rows; and what can be done with it."""
    found = _found(forecast_key)
    if htmx.fragment_target() == "progress" and not found.is_running:
        return htmx.htmx_redirect(url_for("desk.rule_forecast", forecast_key=forecast_key))
    now, waiting = ground(), open_of_kinds((PARAMETER, INDUSTRY))
    keys = {Change.of(it.payload).key: it for it in waiting}
    proposal = keys.get(forecast_key)
    return page(
        "desk/rule_forecast.html",
        blocks=("progress",),
        forecast=found,
        title=title_of(found.change, now),
        told=told_change(found.change, now),
        proposal=proposal,
        others=[it for key, it in keys.items()
                if it.payload["subject"] == found.change.subject and key != forecast_key],
        faults=[] if proposal else [text for _, text in faults_of(found.change)],
        fields=[(name, value) for name, value in found.fields],
        may_propose=can(Permission.RULEBOOK_EDIT) and bool(found.fields),
        refresh_seconds=SECONDS_BETWEEN_LOOKS if found.is_running else None,
        breadcrumbs=crumbs(found.change.act, found.change.subject),
    )  # fmt: skip


@blueprint.post(_ADDRESS)
@requires(Permission.RULEBOOK_FORESEE)
def rule_forecast_again(forecast_key: str) -> Response:
    """Work it out by what is on record now."""
    work_out(_found(forecast_key).change)
    return htmx.htmx_redirect(url_for("desk.rule_forecast", forecast_key=forecast_key))


@blueprint.get(f"{_ADDRESS}/rows")
@requires(Permission.RULEBOOK_FORESEE)
def rule_forecast_rows(forecast_key: str) -> str:
    """All that would move in one list or in the standings on one day, a page at a time."""
    wanted = _wanted(forecast_key)
    shown = wanted.listing
    pages = max(1, -(-len(shown.rows) // ROWS_PER_PAGE))
    number = min(page_number(typed("page")), pages)
    here: dict[str, Any] = {"forecast_key": forecast_key}
    return page(
        "desk/rule_forecast_rows.html",
        blocks=("rows",),
        forecast=wanted.forecast,
        title=title_of(wanted.forecast.change, ground()),
        days=[
            (f"{it.label} {it.on}", url_for("desk.rule_forecast_rows", **here, day=place),
             it == wanted.day)
            for place, it in enumerate(wanted.days)
            if it.parts
        ],
        parts=[
            (f"{it.title}（{it.count:,}）",
             url_for("desk.rule_forecast_rows", **here, day=wanted.place, part=it.id),
             it == wanted.part)
            for it in wanted.day.parts
        ],
        kept=[("day", str(wanted.place)), ("part", wanted.part.id)],
        part=wanted.part,
        listing=shown,
        options=wanted.options,
        counties=_counties(),
        rows=shown.rows[(number - 1) * ROWS_PER_PAGE : number * ROWS_PER_PAGE],
        where=f"第 {number} 页，共 {pages} 页",
        clear_url=url_for("desk.rule_forecast_rows", **here, day=wanted.place,
                          part=wanted.part.id),
        breadcrumbs=[*crumbs(wanted.forecast.change.act, wanted.forecast.change.subject),
                     ("会改变什么", url_for("desk.rule_forecast", **here))],
        **ways(number, pages),
    )  # fmt: skip


@blueprint.post(f"{_ADDRESS}/export")
@requires(Permission.RULEBOOK_FORESEE)
def export_rule_forecast(forecast_key: str) -> Response:
    """The same list, as searched and narrowed, as a workbook."""
    wanted = _wanted(forecast_key)
    title, counties = title_of(wanted.forecast.change, ground()), _counties()
    columns = (
        Column("变动", 10), Column("企业名称", 30), Column("厂区编号", 9, "code"),
        Column("厂区名称", 14), Column("统一社会信用代码", 21, "code"), Column("区县", 10),
        Column("现在", 34), Column("改后", 34),
    )  # fmt: skip
    cells = [
        (it.change or "等级和状态", it.name, it.number, it.plant_name, it.uscc,
         counties.get(it.county, it.county), it.before, it.after)
        for it in wanted.listing.rows
    ]  # fmt: skip
    made = clock.shown(wanted.forecast.made_at) if wanted.forecast.made_at else ""
    sheet = SheetLayout(
        "变动",
        columns,
        cells,
        titles=(title,),
        notes=[
            f"{wanted.part.title}，{wanted.day.label} {wanted.day.on}，共 {len(cells)} 行",
            f"{made} 推算，尚未生效。{wanted.forecast.outdated}",
        ],
    )  # fmt: skip
    content = BytesIO()
    write_xlsx(content, [sheet])
    content.seek(0)
    name, owner = f"规则修改的影响 {clock.today()}.xlsx", signed_in_person().user_id
    return htmx.htmx_redirect(
        files.offer_download(content, name, MEDIA_TYPES["xlsx"], "规则修改的影响", owner)
    )


# --- What the address asks for --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The part of a forecast that the address names, and its rows as searched and sorted."""

    forecast: Forecast
    place: int
    days: tuple[DayEffects, ...]
    part: Part
    listing: Listing
    options: Mapping[str, tuple[str, Mapping[str, str]]]

    @property
    def day(self) -> DayEffects:
        return self.days[self.place]


def _wanted(key: str) -> _Wanted:
    found = _found(key)
    if found.effects is None:
        abort(404, "还没有推算出结果。请返回“会改变什么”，先进行推算。")
    days = found.effects.days
    moving = [number for number, day in enumerate(days) if day.parts] or [len(days) - 1]
    place = int(typed("day")) if typed("day") in {str(it) for it in moving} else moving[-1]
    parts = {it.id: it for it in days[place].parts or (Part.of(PLANTS, "厂区", ()),)}
    part = parts.get(typed("part")) or next(iter(parts.values()))
    rows = rows_of(found, place, part.id)
    names = _counties()
    held = {it.county for it in rows}
    options = {
        "change": ("变动", {it: it for it in (OUT, IN, RANK) if it in part.changes}),
        "county": ("区县", {code: name for code, name in names.items() if code in held}),
    }
    fitting = [it for it in rows if _fits(it, asked("change", options["change"][1]),
                                          asked("county", options["county"][1]))]  # fmt: skip
    labels = _LABELS if part.is_list else {k: v for k, v in _LABELS.items() if k != "change"}
    shown = listing(fitting, part.count, _KEYS, labels, options)
    return _Wanted(found, place, days, part, shown, options)


def _fits(it: Moved, change: str, county: str) -> bool:
    return (
        change in ("", it.change)
        and county in ("", it.county)
        and mentions(it.name, it.uscc, it.plant_name)
    )


def _found(key: str) -> Forecast:
    found = find_forecast(key)
    if found is None:
        abort(404, "没有这一推算，可能已经超过保留期限。请从规则库重新提出修改。")
    return found


def _counties() -> dict[str, str]:
    return {bureau.code: bureau.short_name for bureau in list_bureaus("county")}
