"""Plain rows are taken without the parser, and read exactly as the parser reads them.

A comment or an instruction at the beginning of a sheet leaves all of it to the parser; so each
made-up sheet is read twice, and the answers must be one: the same cells, or the same refusal.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from app.kernel.spreadsheets import UnreadableWorkbook, read_workbook
from app.kernel.spreadsheets import ooxml_parts as parts
from app.kernel.spreadsheets.ooxml_sheet import SheetReader
from tests.unit import spreadsheet_files as files

ROUNDS = 250
TEXTS = (
    "甲",
    " 乙 ",
    "a&amp;b",
    "&#x4E00;",
    "_x000D_丙",
    "",
    "1",
    "x\n y",
    "丁>",
    "]]",
    "\ufffd",
)
CELLS = (
    '<c r="{at}"><v>12</v></c>',
    '<c r="{at}" s="1"><v>45000</v></c>',
    '<c r="{at}" s="1"/>',
    '<c r="{at}"></c>',
    '<c r="{at}"><v></v></c>',
    '<c r="{at}" t="s"><v>{index}</v></c>',
    '<c r="{at}" s="0" t="s"><v>{index}</v></c>',
    '<c r="{at}" t="s"><v>+{index}</v></c>',
    '<c r="{at}" t="n"><v>8.3309999999999995</v></c>',
    '<c r="{at}" t="b"><v>1</v></c>',
    '<c r="{at}" t="str"><v>{text}</v></c>',
    '<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>',
    '<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>',
    '<c r="{at}"><v>0</v></c>',
)
ODD_CELLS = (
    '<c r="{at}" t="e"><v>#REF!</v></c>',
    '<c r="{at}"><f>A1+1</f><v>3</v></c>',
    '<c r="{at}"><f>A1+1</f></c>',
    '<c r="{at}" t="inlineStr"><is><r><t>{text}</t></r><r><t>2</t></r></is></c>',
    '<c t="str" r="{at}"><v>{text}</v></c>',
    "<c><v>7</v></c>",
    '<x:c r="{at}"><x:v>5</x:v></x:c>',
    '<c r="{at}" t="d"><v>2025-06-30</v></c>',
    ' <c r="{at}"><v>abc</v></c> ',
)
BAD_CELLS = (
    '<c r="A99"><v>1</v></c>',
    '<c r="{at}" t="s"><v>99</v></c>',
    '<c r="{at}" t="s"><v>-1</v></c>',
    '<c r="{at}" t="?"><v>1</v></c>',
    '<c r="{at}" r="{at}"><v>1</v></c>',
    '<c r="{at}"><v>1</c></v>',
    '<row r="3"><c r="A3"><v>1</v></c></row>',
    '<c r="{at}" t="str"><v>\x02</v></c>',
    '<c r="{at}" t="str"><v>&none;</v></c>',
    '<c r="{at}" t="str"><v>]]></v></c>',
)
BETWEEN = ("", "", "", "\n  ", "]", '<rowBreaks count="1"/>', "<row/>")
BAD_BETWEEN = ("<!-- {0} -->", "<?a {0}?>", "<![CDATA[{0}]]>", "</row>")
ATTRIBUTES = ("", ' spans="1:3"', ' hidden="1"', ' ht="15" customHeight="1"', ' x:y="1" hidden="0"')


def sheet(dice: random.Random) -> str:
    """A sheet of plain rows with, now and then, something else among them."""
    is_odd = dice.random() < 0.6
    bad = dice.choice(("", "", "", "cell", "between", "attribute"))
    rows, number = "", 0
    for _ in range(dice.randrange(1, 9)):
        number += dice.choice((1, 1, 1, 2))
        cells, is_bad = "", dice.random() < 0.3
        for letter in dice.sample("ABCDE", dice.randrange(6)) if bad == "cell" else "ABC":
            kinds = CELLS + (ODD_CELLS if is_odd and dice.random() < 0.3 else ())
            kinds = BAD_CELLS if is_bad and bad == "cell" and dice.random() < 0.4 else kinds
            cells += dice.choice(kinds).format(
                at=f"{letter}{number}", index=dice.randrange(6), text=dice.choice(TEXTS)
            )
        is_doubled = is_bad and bad == "attribute"
        attributes = ' ht="15" ht="16"' if is_doubled else dice.choice(ATTRIBUTES)
        between = dice.choice(BAD_BETWEEN if is_bad and bad == "between" else BETWEEN)
        unseen = f'<row r="{number + 1}"><c r="A{number + 1}"><v>9</v></c></row>'
        rows += f'<row r="{number}"{attributes}>{cells}</row>{between.format(unseen)}'
    return rows


def shared(dice: random.Random) -> str:
    kinds = ("<si><t>{}</t></si>",) * 4 + (
        '<si><t xml:space="preserve">{}</t></si>\n',
        "<si><r><t>{}</t></r><rPh><t>不读</t></rPh></si>",
        "<si/>",
    )
    return "".join(dice.choice(kinds).format(dice.choice(TEXTS)) for _ in range(6))


def workbook(rows: str, texts: str, lead: str) -> bytes:
    """Both parts with ``lead`` before their first element."""
    made = files.xlsx_parts(files.sheet_xml(rows).replace("<sheetData>", f"{lead}<sheetData>"))
    relation = '<Relationship Id="rId9" Type="x/sharedStrings" Target="strings.xml"/></Rel'
    related = made["xl/_rels/workbook.xml.rels"].replace("</Rel", relation)
    made |= {"xl/_rels/workbook.xml.rels": related, "xl/strings.xml": f"<sst>{lead}{texts}</sst>"}
    return files.zipped(made)


def answer(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    try:
        return repr(read_workbook(path, "台账.xlsx"))
    except UnreadableWorkbook as unreadable:
        return str(unreadable)


@pytest.mark.parametrize("chunk", [50, 400, 2000, 100_000])
def test_what_is_taken_as_plain_is_what_the_parser_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(parts, "_CHUNK", chunk)
    dice = random.Random(chunk)  # noqa: S311 - made-up sheets
    refused = 0
    for _ in range(ROUNDS):
        rows, texts = sheet(dice), shared(dice)
        plain = answer(tmp_path / "a", workbook(rows, texts, ""))
        parsed = answer(tmp_path / "b", workbook(rows, texts, dice.choice(("<!-- -->", "<?a?>"))))
        assert plain == parsed, (rows, texts)
        refused += not plain.startswith("Workbook(")
    assert 0 < refused < ROUNDS * 3 / 4


def test_plain_rows_never_reach_the_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(SheetReader, "_start", lambda _, name, __: seen.append(name))
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 2000))
    assert f"cells=({1999},)" in answer(tmp_path / "a", workbook(rows, "", ""))
    assert "row" not in seen
    assert "sheetData" in seen


def test_a_sheet_in_another_encoding_is_left_to_the_parser(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>é</t></is></c></row>'
    made = files.xlsx_parts(files.sheet_xml(rows))
    text = made["xl/worksheets/sheet1.xml"].replace("?>", ' encoding="iso-8859-1"?>', 1)
    content = files.zipped({**made, "xl/worksheets/sheet1.xml": text.encode("latin-1")})
    assert "cells=('é',)" in answer(tmp_path / "a", content)
