"""The form of an offline package (离线填报包): which lines it has, and how they are numbered.

A line asks for one input of an indicator, in the order of the page on which it is filled in. Its
number (填报序号) 1-03-02 is that of the table, the row and the input; 1-03 is also the number of
the folder into which the materials of the row go. Numbers come from the table's version alone, so
a form that comes back is read by them wherever its lines have got to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.filing.domain import TRANSPORT, Transport
from app.filing.entry import EntryForm, entry_form
from app.filing.evidence import ANY
from app.filing.forms import TypedRow, typed_of
from app.filing.summary import FIELDS, LABELS, UNITS, typed_summary
from app.indicators.domain import Answer, IndicatorTable, Row
from app.kernel.papers import safe_name

FORMAT = "jixiao-filing-package-1"
MANIFEST, FORM, FOLDER, NOTE = "填报包清单.json", "填报表.xlsx", "材料", "说明.txt"
NUMBER_TITLE = "填报包编号："
"""Begins the line of every sheet that names the package."""
HEADS = ("填报序号", "填报项", "填写", "怎样填")
"""Of the lines, in every sheet that has some."""
MATERIAL_HEADS = ("材料文件夹", "材料", "要求", "文件名", "所属时段起", "所属时段止", "说明")
YES, NO = "是", "否"
KEPT = "kept"
"""Name of the line that confirms what was carried over from an earlier filing."""
WHOLE = "0-00"
"""Number of the folder for materials of the filing as a whole."""
_LONGEST_FOLDER_TITLE = 24


@dataclass(frozen=True, slots=True)
class Ask:
    """One input: its name, what is asked, how it is filled in, what may be chosen, what stands."""

    name: str
    label: str
    hint: str
    choices: tuple[str, ...] = ()
    value: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """An input with its number and the row that it belongs to."""

    number: str
    place: int
    row_key: str
    ask: Ask


def row_number(place: int, at: int) -> str:
    """Of the row at this place (0 the first) of its table: 1-03."""
    return f"{place}-{at + 1:02d}"


def lines_of_table(
    place: int, table: IndicatorTable, answers: dict[str, Answer], carried: frozenset[str]
) -> Iterator[Line]:
    """Every line of a table; ``carried``: the rows that were not confirmed yet (待确认)."""
    for at, row in enumerate(table.rows):
        form = entry_form(row, table.grades)
        asks = asks_of(form, typed_of(answers.get(row.key), form))
        yield from _numbered(place, at, row.key, asks, is_carried=row.key in carried)


def lines_of_transport(summary: Transport, *, is_carried: bool) -> Iterator[Line]:
    """Those of the transport summary (运输汇总), which counts as row 0-01."""
    typed = typed_summary(summary)
    asks = [Ask(it, LABELS[it], _summary_hint(it), _summary_choices(it), _shown(it, typed[it]))
            for it in FIELDS]  # fmt: skip
    yield from _numbered(0, 0, TRANSPORT, asks, is_carried=is_carried)


def _numbered(
    place: int, at: int, key: str, asks: Sequence[Ask], *, is_carried: bool
) -> Iterator[Line]:
    number = row_number(place, at)
    if is_carried:
        words = "已带入以往申报的内容，请逐项核对；核对无误或改好后选“是”"
        yield Line(f"{number}-00", place, key, Ask(KEPT, "带入内容已核对", words, (YES,)))
    for count, it in enumerate(asks, start=1):
        yield Line(f"{number}-{count:02d}", place, key, it)


def kept_line(place: int, at: int, key: str) -> Line:
    """The line that confirms carried content, whether or not the form had it."""
    return Line(f"{row_number(place, at)}-00", place, key, Ask(KEPT, "带入内容已核对", "", (YES,)))


def asks_of(form: EntryForm, typed: TypedRow) -> list[Ask]:
    """The inputs of a row as its page shows them, with what was entered so far."""
    found = [_clause(it.id, it.text, "、".join(it.grades), it.id in typed.ticked)
             for it in form.clauses]  # fmt: skip
    if form.clauses:
        found.append(Ask("none", "以上各条均不满足", "均不满足的选“是”", (YES,),
                         YES if typed.nothing_met else ""))  # fmt: skip
    for it in form.measures:
        hint = f"实测值，单位 {it.quantity.unit}，只填数字"
        found.append(Ask(it.name, it.quantity.name, hint, (), typed.text(it.name)))
        if it.needs_oxygen:
            label, hint = f"{it.quantity.name}：实测氧含量", "单位 %，只填数字，小于 21"
            found.append(Ask(it.oxygen_name, label, hint, (), typed.text(it.oxygen_name)))
    found += [Ask(it.name, it.subject, "比例，0 至 100，单位 %", (), typed.text(it.name))
              for it in form.shares]  # fmt: skip
    found += [Ask(it.name, it.subject, "选“是”或“否”", (YES, NO), _said(typed.text(it.name)))
              for it in form.questions]  # fmt: skip
    if form.row.may_not_apply:
        found.append(Ask("na", "本厂区不涉及本项", "不涉及的选“是”，本项不参与定级", (YES,),
                         YES if typed.not_applicable else ""))  # fmt: skip
    if form.may_choose:
        found.append(Ask("g", "自行选择等级", "要求未核实，按实际情况选择，并在下面写明理由",
                         form.choosable, typed.chosen))  # fmt: skip
    needed = "选择等级的必填，其他选填" if form.may_choose else "选填"
    found.append(Ask("why", "理由或说明", f"{needed}，不超过 500 个字", (), typed.reason))
    return found


CLAUSE = "c:"
"""Begins the name of the line of a requirement."""


def _clause(clause_id: str, text: str, grades: str, ticked: bool) -> Ask:
    return Ask(f"{CLAUSE}{clause_id}", f"已满足：{text}（{grades}）", "满足的选“是”", (YES, NO),
               YES if ticked else "")  # fmt: skip


def _said(text: str) -> str:
    return {"yes": YES, "no": NO}.get(text, "")


def _shown(name: str, typed: str) -> str:
    return _said(typed) if name == "gate_connected" else typed


def _summary_choices(name: str) -> tuple[str, ...]:
    return (YES, NO) if name == "gate_connected" else ()


def _summary_hint(name: str) -> str:
    if name == "gate_connected":
        return "选“是”或“否”"
    unit = UNITS[name]
    return f"0 至 100，单位 {unit}" if unit == "%" else f"整数，单位{unit}"


# --- The folders of materials ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Folder:
    """Where the materials of a row go."""

    number: str
    place: int
    row_key: str
    row: Row | None
    """None: the materials of the filing as a whole."""
    title: str

    @property
    def name(self) -> str:
        """1-03_颗粒物排放."""
        return f"{self.number}_{safe_name(self.title)[:_LONGEST_FOLDER_TITLE].strip(' .')}"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The materials that the row asks for, in its words."""
        if self.row is None:
            return ()
        return tuple(it.kind for it in self.row.evidence) or (ANY,)


def folders_of(tables: Sequence[tuple[int, IndicatorTable]]) -> list[Folder]:
    """One of every row, and one for the filing as a whole."""
    found = [Folder(WHOLE, 0, "", None, "其他材料")]
    for place, table in tables:
        found += [Folder(row_number(place, at), place, row.key, row, row.title)
                  for at, row in enumerate(table.rows)]  # fmt: skip
    return found
