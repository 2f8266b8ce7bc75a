"""A table edited row by row (逐行修改): each saving keeps a version, so undoing is going back.

What is typed always comes back: beside what is wrong with it, and when somebody else has saved
meanwhile. Choosing another kind of requirement asks for the form again and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from flask import abort, flash, request, url_for
from werkzeug import Response

from app.approvals.domain import Refused
from app.indicators import services
from app.indicators.criteria import Cell, IndicatorTable, Row, Unverified
from app.indicators.forms import KINDS, SIGNS, RowForm, read_row, values_of
from app.indicators.queries import Version, find_version
from app.indicators.routes.blueprint import (
    blueprint,
    family_or_404,
    newest_or_404,
)
from app.indicators.routes.blueprint import table_page as framed
from app.indicators.wording import AVERAGING
from app.kernel import htmx, transaction
from app.kernel.authority import Permission
from app.kernel.permissions import requires
from app.kernel.spreadsheets import clean_text

NEW = "+"
"""Stands for a row that is not there yet."""
_HEADING = ("title", "source")


@blueprint.get("/<int:family_id>/edit")
@requires(Permission.RULEBOOK_EDIT)
def edit_table(family_id: int) -> str:
    """The newest version with the form of one row beside it."""
    version = newest_or_404(family_or_404(family_id).id)
    table, key = version.table, request.args.get("row", "")
    row = table.row(key) or (_new_row(table) if key == NEW else table.rows[0])
    opened = NEW if key == NEW else row.key
    return _edit_page(version, opened, RowForm(values_of(row, table.grades), table.grades))


def _new_row(table: IndicatorTable) -> Row:
    last = table.rows[-1]
    return Row("", last.dimension, "", (Cell(table.grades, Unverified()),))


@blueprint.post("/<int:family_id>/edit")
@requires(Permission.RULEBOOK_EDIT)
def save_row(family_id: int) -> Response | str | tuple[str, int]:
    """Keep the table with this row as it was typed; or show the form for another kind."""
    family_or_404(family_id)
    version, opened = _edited_version(family_id), request.form.get("was", "")
    values = {name: text for name, text in request.form.items() if name != "csrf_token"}
    form = RowForm(values, version.table.grades)
    if "again" in request.form:
        return _edit_page(version, opened, form)
    row, errors = read_row(form)
    table = version.table
    if row is not None and row.key != opened and table.row(row.key) is not None:
        errors["key"] = f"编号 {row.key} 已经用过。请另编一个号。"
    if opened != NEW and table.row(opened) is None:
        errors[""] = "这一行已被删除。请返回后重新选择。"
    if row is None or errors:
        return _edit_page(version, opened, replace(form, errors=errors)), 422
    made = _with_row(table, row, opened)
    return _kept(version, made, f"修改 {row.key} {row.title}"[:200], form, opened)


def _with_row(table: IndicatorTable, row: Row, opened: str) -> IndicatorTable:
    """The table with a row in place of the one that was opened; a new one ends its dimension."""
    rows = list(table.rows)
    places = [number for number, it in enumerate(rows) if it.key == opened]
    if places:
        rows[places[0]] = row
    else:
        same = [number for number, it in enumerate(rows) if it.dimension == row.dimension]
        rows.insert(same[-1] + 1 if same else len(rows), row)
    return replace(table, rows=tuple(rows))


@blueprint.post("/<int:family_id>/rows")
@requires(Permission.RULEBOOK_EDIT)
def move_row(family_id: int) -> Response | str | tuple[str, int]:
    """Take a row out, or put it one place up or down."""
    family_or_404(family_id)
    version, key = _edited_version(family_id), request.form.get("was", "")
    table, act = version.table, request.form.get("act", "")
    row = table.row(key)
    if row is None or act not in _MOVES:
        abort(404, "没有这一行。请返回后重新选择。")
    rows = list(table.rows)
    _MOVES[act](rows, rows.index(row))
    if not rows:
        form = RowForm(values_of(row, table.grades), table.grades)
        errors = {"": "表中至少要有一行，不能删去最后一行。请先新增。"}
        return _edit_page(version, key, replace(form, errors=errors)), 422
    made = replace(table, rows=tuple(rows))
    words = {"remove": "删去", "up": "上移", "down": "下移"}[act]
    form = RowForm(values_of(row, table.grades), table.grades)
    return _kept(version, made, f"{words} {row.key} {row.title}"[:200], form, key)


def _remove(rows: list[Row], place: int) -> None:
    rows.pop(place)


def _up(rows: list[Row], place: int) -> None:
    rows.insert(max(0, place - 1), rows.pop(place))


def _down(rows: list[Row], place: int) -> None:
    rows.insert(place + 1, rows.pop(place))


_MOVES: Mapping[str, Callable[[list[Row], int], None]] = {
    "remove": _remove,
    "up": _up,
    "down": _down,
}


@blueprint.post("/<int:family_id>/back")
@requires(Permission.RULEBOOK_EDIT)
def back_to_version(family_id: int) -> Response | tuple[str, int]:
    """Keep an earlier version once more as the newest."""
    family, typed = family_or_404(family_id), request.form.get("number", "")
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 8 else 0
    newest = newest_or_404(family.id)
    try:
        made = services.go_back(family.id, number, made_from=newest.id)
    except Refused as refused:
        abort(404, str(refused))
    same = made == newest.id
    flash("最新一版与它相同，没有变动。" if same else f"已将第 {number} 版的内容保存为最新一版。")
    return htmx.htmx_redirect(url_for("indicators.versions", family_id=family.id))


@blueprint.get("/<int:family_id>/heading")
@requires(Permission.RULEBOOK_EDIT)
def heading_form(family_id: int) -> str:
    """The form of the table's name and source."""
    table = newest_or_404(family_or_404(family_id).id)
    values = {"title": table.table.title, "source": table.table.source}
    return _heading_page(table, values, {})


@blueprint.post("/<int:family_id>/heading")
@requires(Permission.RULEBOOK_EDIT)
def save_heading(family_id: int) -> Response | tuple[str, int]:
    """Keep the table under another name, or with another source."""
    family_or_404(family_id)
    version = _edited_version(family_id)
    values = {name: clean_text(request.form.get(name, "")) for name in _HEADING}
    errors = {}
    if not 1 <= len(values["title"]) <= 120:
        errors["title"] = "表名应为 1 至 120 个字。请改正。"
    if len(values["source"]) > 200:
        errors["source"] = "来源最多 200 个字。请改短。"
    if errors:
        return _heading_page(version, values, errors), 422
    made = replace(version.table, title=values["title"], source=values["source"])
    try:
        services.keep_version(family_id, made, made_from=version.id, note="修改表名或来源")
    except Refused as refused:
        transaction.close()
        return _heading_page(newest_or_404(family_id), values, {"": str(refused)}), 409
    flash("已保存。")
    return htmx.htmx_redirect(url_for("indicators.table_page", family_id=family_id))


def _heading_page(version: Version, values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return framed(
        "heading",
        family_or_404(version.family_id),
        version=version,
        values=values,
        errors=errors,
        faults=[(f"f-{name}" if name else "", text) for name, text in errors.items()],
    )


def _edited_version(family_id: int) -> Version:
    """The version that the form was made of; it need not be the newest any more."""
    typed = request.form.get("made_from", "")
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 16 else 0
    version = find_version(number)
    if version is None or version.family_id != family_id:
        abort(404, "没有这一版指标表。请返回版本列表重新选择。")
    return version


def _kept(
    version: Version, made: IndicatorTable, note: str, form: RowForm, opened: str
) -> Response | tuple[str, int]:
    """Keep the table and open the form again on the version that was made."""
    family_id = version.family_id
    try:
        kept = services.keep_version(family_id, made, made_from=version.id, note=note)
    except services.KeptMeanwhile as refused:
        transaction.close()
        newest, errors = newest_or_404(family_id), {"": str(refused)}
        return _edit_page(newest, opened, replace(form, errors=errors), stale=version), 409
    except Refused as refused:
        transaction.close()
        return _edit_page(version, opened, replace(form, errors={"": str(refused)})), 422
    flash("没有变动。" if kept == version.id else "已保存为新的一版。")
    key = form.text("key")
    shown = key if made.row(key) is not None else made.rows[0].key
    return htmx.htmx_redirect(url_for("indicators.edit_table", family_id=family_id, row=shown))


def _edit_page(version: Version, opened: str, form: RowForm, stale: Version | None = None) -> str:
    family = family_or_404(version.family_id)
    return framed(
        "edit",
        family,
        blocks=("row_form",),
        version=version,
        stale=stale,
        table=version.table,
        opened=opened,
        is_new=opened == NEW,
        new=NEW,
        form=form,
        kinds=list(KINDS.items()),
        signs=list(SIGNS.items()),
        averagings=[(it, it) for it in AVERAGING],
        belows=[_belows(form.grades[:place]) for place in range(len(form.grades))],
        edit_url=lambda key: url_for(
            "indicators.edit_table", family_id=family.id, row=key, _anchor=f"row-{key}"
        ),
    )


def _belows(before: tuple[str, ...]) -> list[tuple[str, str]]:
    """未达到…要求 as it can be said in a column: of one grade before it, or of the last two."""
    found = [(it, it) for it in reversed(before)]
    if len(before) > 1:
        found.append(("、".join(before[-2:]), "、".join(before[-2:])))
    return found
