"""自评: the rows of a table, saved one by one as they are filled in or a page of them at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import abort, flash, make_response, render_template, request, url_for
from werkzeug import Response

from app.filing import services
from app.filing.answers import answer_of
from app.filing.domain import Assessment, Conflict
from app.filing.entry import row_id
from app.filing.forms import differences, merged, read_answer, typed_in, typed_of
from app.filing.queries import (
    Filing,
    Working,
    WorkingTable,
    assessment_of,
    with_answers_of_now,
    working,
    working_answers,
)
from app.filing.routes.blueprint import (
    around,
    blueprint,
    filing_or_404,
    filing_page,
    open_filing_or_409,
)
from app.filing.screens import (
    Part,
    PartLink,
    RowView,
    moment_words,
    panel_of,
    part_link,
    row_view,
)
from app.indicators.domain import Answer, RowResult
from app.kernel import htmx
from app.kernel.authority import Permission
from app.kernel.permissions import requires
from app.kernel.transaction import reading_first

ALL = "all"
TRANSPORT_TITLE = "运输汇总"


@dataclass
class Sheet:
    """A table of a filing as its page shows it; a row is put together when it is asked for."""

    working: Working
    assessment: Assessment
    table: WorkingTable
    chosen: str
    """Number of the dimension shown, 1 the first, or ``all``."""
    _views: dict[int, RowView] = field(default_factory=dict)

    @property
    def filing(self) -> Filing:
        """Whose it is."""
        return self.working.filing

    @cached_property
    def dimensions(self) -> Mapping[str, Mapping[int, RowResult]]:
        """What the rows come to, by dimension and the row's number, in the order of the table."""
        found: dict[str, dict[int, RowResult]] = {}
        for number, it in enumerate(self.assessment.results[self.table.place], start=1):
            found.setdefault(it.row.dimension, {})[number] = it
        return found

    @property
    def rows(self) -> Iterator[RowView]:
        """Every row of the table."""
        return (row for part in self._parts(self.dimensions) for row in part.rows)

    @property
    def shown(self) -> list[Part]:
        """The dimensions on the page."""
        every = list(self.dimensions)
        here = every if self.chosen == ALL else every[int(self.chosen) - 1 : int(self.chosen)]
        return list(self._parts(here))

    def row(self, element_id: str) -> RowView | None:
        """The row of that element."""
        place = self.table.place
        return next((self._view(number, it)
                     for number, it in enumerate(self.assessment.results[place], start=1)
                     if row_id(place, it.row.key) == element_id), None)  # fmt: skip

    @property
    def next_url(self) -> str:
        """Where the filer goes on: the next dimension, the next table, the transport summary."""
        place = self.table.place
        if self.chosen != ALL and int(self.chosen) < len(self.dimensions):
            return _url(self.filing, place, str(int(self.chosen) + 1))
        later = [it.place for it in self.working.tables if it.place > place]
        if later:
            return _url(self.filing, later[0], self.chosen if self.chosen == ALL else "1")
        return url_for("filing.transport_page", filing_id=self.filing.id)

    def with_answers_of_now(self) -> Sheet:
        """The same once a row was saved: what else was read stays."""
        found = with_answers_of_now(self.working)
        return Sheet(found, assessment_of(found), self.table, self.chosen)

    def _parts(self, dimensions: Iterable[str]) -> Iterator[Part]:
        for it in dimensions:
            rows = self.dimensions[it].items()
            yield Part(it, [self._view(number, result) for number, result in rows])

    def _view(self, number: int, result: RowResult) -> RowView:
        if number not in self._views:
            self._views[number] = row_view(
                self.working, self.table, result, number, self._address, self._save_url
            )
        return self._views[number]

    def _address(self, place: int, key: str) -> str:
        """Where a row of this table is filled in: on this page, else on that of its dimension."""
        row = self.table.table.row(key)
        own = list(self.dimensions).index(row.dimension) + 1 if row else 1
        chosen = ALL if self.chosen == ALL else str(own)
        return _url(self.filing, place, chosen, row_id(place, key))

    def _save_url(self, place: int, key: str) -> str:
        return url_for("filing.save_row", filing_id=self.filing.id, place=place,
                       row=row_id(place, key), d=self.chosen)  # fmt: skip


def _url(filing: Filing, place: int, chosen: str, anchor: str = "") -> str:
    return url_for("filing.assess_page", filing_id=filing.id, place=place, d=chosen,
                   _anchor=anchor or None)  # fmt: skip


def row_address(found: Working, place: int, key: str) -> str:
    """Where a row is filled in: on the page of its dimension."""
    table = found.table(place)
    dimensions = list(dict.fromkeys(it.dimension for it in table.table.rows)) if table else []
    row = table.table.row(key) if table else None
    number = dimensions.index(row.dimension) + 1 if row else 1
    return _url(found.filing, place, str(number), row_id(place, key))


def read_sheet(filing: Filing, place: int, chosen: str, *, in_full: bool = True) -> Sheet:
    """The table at a place with its rows; the first one where there is none at this place.

    Not ``in_full``: what grades follow from, and no more.
    """
    found = working(filing) if in_full else working_answers(filing)
    if not found.tables:
        abort(404, "这件申报没有指标表。请联系所在区县生态环境局核对本厂区的行业。")
    sheet = Sheet(found, assessment_of(found), found.table(place) or found.tables[0], ALL)
    if chosen != ALL:
        numbers = {str(number) for number, _ in enumerate(sheet.dimensions, start=1)}
        sheet.chosen = chosen if chosen in numbers else "1"
    return sheet


def beside(found: Working, judged: Assessment, sheet: Sheet | None = None) -> dict[str, Any]:
    """What stands beside the rows, whole page or part of one: the result, the ways on."""
    filing = found.filing
    tables = [
        PartLink(it.label, _url(filing, it.place, "1"),
                 current=sheet is not None and it.place == sheet.table.place)
        for it in found.tables
    ]  # fmt: skip
    return {
        **around(filing),
        "panel": panel_of(found, judged, lambda place, key: row_address(found, place, key)),
        "table_links": tables,
        "dimension_links": _dimension_links(found, sheet),
    }


def _dimension_links(found: Working, sheet: Sheet | None) -> list[PartLink]:
    filing, links = found.filing, []
    if sheet is not None:
        place = sheet.table.place
        links = [
            part_link(found, place, it, rows.values(), _url(filing, place, str(number)),
                      current=str(number) == sheet.chosen)
            for number, (it, rows) in enumerate(sheet.dimensions.items(), start=1)
        ]  # fmt: skip
        links.append(PartLink("全部", _url(filing, place, ALL), current=sheet.chosen == ALL))
    else:
        links = [PartLink("返回指标", _url(filing, 1, "1"), current=False)]
    summary = found.transport
    links.append(
        PartLink(
            TRANSPORT_TITLE,
            url_for("filing.transport_page", filing_id=filing.id),
            current=sheet is None,
            unconfirmed=0 if summary.confirmed else 1,
            is_done=summary.confirmed and not summary.transport.is_empty,
        )
    )
    return links


def _sheet_page(sheet: Sheet, faults: Sequence[tuple[str, str]] = ()) -> str:
    return filing_page(
        "assess",
        sheet.filing,
        **beside(sheet.working, sheet.assessment, sheet),
        table=sheet.table,
        shown=sheet.shown,
        oob=False,
        faults=faults,
        fault_title=f"有 {len(faults)} 处需要处理，本页尚未保存，填写的内容都还在",
        newer=[it.label for it in sheet.working.tables if it.newer]
        if sheet.working.is_outdated
        else [],
        take_newer_url=url_for("filing.tables_page", filing_id=sheet.filing.id),
        save_url=url_for("filing.save_sheet", filing_id=sheet.filing.id,
                         place=sheet.table.place, d=sheet.chosen),
        next_url=sheet.next_url,
        unconfirmed_here=sum(1 for part in sheet.shown for it in part.rows if it.unconfirmed),
        carried_files=[file.id for part in sheet.shown for it in part.rows
                       for file in it.evidence if not file.confirmed],
    )  # fmt: skip


@blueprint.get("/<int:filing_id>/assess")
@requires(Permission.FILING_ENTER)
def assess_page(filing_id: int) -> str:
    """The rows of a dimension, or all of them, of one of the filing's tables."""
    return _sheet_page(_sheet_asked_for(filing_or_404(filing_id)))


def _sheet_asked_for(filing: Filing) -> Sheet:
    place, chosen = request.args.get("place", "1"), request.args.get("d", "1")
    number = int(place) if place.isascii() and place.isdecimal() and len(place) < 4 else 1
    return read_sheet(filing, number, chosen)


# --- One row, as soon as it is filled in -------------------------------------------------------


@blueprint.post("/<int:filing_id>/rows/<int:place>/<row>")
@requires(Permission.FILING_ENTER)
def save_row(filing_id: int, place: int, row: str) -> Response:
    """Keep one row; the answer to htmx holds what follows from it, to others the whole page."""
    alone = htmx.is_fragment_request() and htmx.fragment_target() != row
    with reading_first():  # others write meanwhile
        filing = open_filing_or_409(filing_id)
        sheet = read_sheet(filing, place, request.args.get("d", "1"), in_full=not alone)
        view = sheet.row(row)
        if view is None or sheet.table.place != place:
            abort(404, "指标表已经更换，没有这一项。请刷新页面后重新填写。")
    status = _save(sheet, view)
    if status == 409:
        sheet, view = _as_it_stands(sheet, view)
    elif status == 200:
        sheet = sheet.with_answers_of_now()
        view = sheet.row(row) or view
    if not htmx.is_fragment_request():
        return _after_row(sheet, view, status)
    whole = bool(view.differing) or not alone
    template = "filing/_row.html" if whole else "filing/_saved.html"
    shown = render_template(
        template, row=view, oob=not whole, working=sheet.working,
        **beside(sheet.working, sheet.assessment, sheet),
    )  # fmt: skip
    response = make_response(shown, status)
    if view.differing:
        response.headers["HX-Retarget"] = f"#{view.id}"
        response.headers["HX-Reswap"] = "outerHTML"
    return response


def _as_it_stands(sheet: Sheet, view: RowView) -> tuple[Sheet, RowView]:
    """After a conflict: all of it as it stands now, what was typed merged with what was saved."""
    now = read_sheet(sheet.filing, view.place, sheet.chosen)
    there = now.row(view.id)
    if there is None:
        return sheet, view
    there.typed, there.base_answer = view.typed, view.base_answer
    there.differing, there.differing_by = view.differing, view.differing_by
    there.differing_at = view.differing_at
    return now, there


def _after_row(sheet: Sheet, view: RowView, status: int) -> Response:
    """Without JavaScript, or carried over a sign-in: the page around the row."""
    if status == 200:
        flash("已保存。")
        return htmx.htmx_redirect(view.url)
    return make_response(_sheet_page(sheet, _faults([view])), status)


def _faults(views: Iterable[RowView]) -> list[tuple[str, str]]:
    found = []
    for view in views:
        found += [(f"{view.id}-{name}", f"{view.title}：{text}")
                  for name, text in view.typed.errors.items()]  # fmt: skip
        if view.differing:
            text = f"{view.title}：{view.differing_by} 刚刚修改了本项，请核对合并的内容后保存。"
            found.append((view.id, text))
    return found


def _save(sheet: Sheet, view: RowView) -> int:
    """Read what was typed in the row and keep it; notes on the view what keeps it from that."""
    view.typed = typed_in(request.form, view.id, view.form)
    answer = read_answer(view.typed, view.form)
    if answer is None:
        return 422
    seen = request.form.get(f"{view.id}.seen", "0")
    revision = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0
    done = services.save_answer(sheet.filing.id, view.place, view.row.key, answer, revision)
    if isinstance(done, Conflict):
        _show_both(view, done, answer)
        return 409
    return 200


def _show_both(view: RowView, conflict: Conflict, mine: Answer) -> None:
    """Two people changed the row: both answers, and in the inputs a proposal."""
    theirs = conflict.theirs if isinstance(conflict.theirs, Answer) else Answer()
    proposal = merged(_base(view), mine, theirs)
    view.typed = typed_of(proposal, view.form)
    view.differing = differences(mine, theirs, view.form)
    view.differing_by, view.differing_at = conflict.by_name, moment_words(conflict.at)
    view.base_answer = theirs


def _base(view: RowView) -> Answer:
    """What the page showed before it was changed; an empty answer where it cannot be read."""
    try:
        found: Mapping[str, Any] = json.loads(request.form.get(f"{view.id}.base", ""))
        return answer_of(dict(found))
    except (ValueError, KeyError, TypeError, ArithmeticError):
        return Answer()


# --- A page of rows at once --------------------------------------------------------------------


@blueprint.post("/<int:filing_id>/assess")
@requires(Permission.FILING_ENTER)
def save_sheet(filing_id: int) -> Response:
    """Keep every row of the page that was changed; confirm carried rows where that was asked."""
    filing = open_filing_or_409(filing_id)
    sheet = _sheet_asked_for(filing)
    sent = [it for it in sheet.rows if f"{it.id}.seen" in request.form]
    changed = [it for it in sent if _is_changed(it)]
    status = max((_save(sheet, it) for it in changed), default=200, key=_WORST.index)
    if status != 200:  # nothing of the page is kept then, and everything typed stays on it
        for view in changed:
            view.unsaved = True
        return make_response(_sheet_page(sheet, _faults(changed)), status)
    flash(_told(len(changed), _confirm(sheet, sent), _confirm_files(filing)))
    here = _url(filing, sheet.table.place, sheet.chosen)
    return htmx.htmx_redirect(sheet.next_url if "next" in request.form else here)


_WORST = (200, 409, 422)


def _told(saved: int, confirmed: int, files: int) -> str:
    words = [f"已保存 {saved} 项。"] if saved else []
    words += [f"已确认 {confirmed} 项。"] if confirmed else []
    words += [f"已确认 {files} 份材料仍然有效。"] if files else []
    return "".join(words) or "没有改动，内容都已保存。"


def _is_changed(view: RowView) -> bool:
    """Whether the row was changed on the page; what cannot be read counts as changed."""
    typed = typed_in(request.form, view.id, view.form)
    return typed != typed_of(_base(view), view.form)


def _confirm(sheet: Sheet, views: Iterable[RowView]) -> int:
    """Rows carried from an earlier filing: nothing has changed there (确认无变化)."""
    wanted = request.form.get("confirm", "")
    if not wanted:
        return 0
    found = [it for it in views if it.unconfirmed and wanted in ("all", it.id)]
    for it in found:
        services.save_answer(sheet.filing.id, it.place, it.row.key, it.base_answer, it.revision)
    return len(found)


def _confirm_files(filing: Filing) -> int:
    """Materials carried from an earlier filing and shown on the page: all of them still hold."""
    if request.form.get("confirm") != "files":
        return 0
    sent = request.form.getlist("file")
    seen = {int(it) for it in sent if it.isascii() and it.isdecimal() and len(it) < 10}
    return services.confirm_evidence_together(filing.id, seen)
