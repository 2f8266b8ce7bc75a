"""Every page, file and letter about the same tonnes agrees to the kilogram (口径一致).

One allocation of each level goes the whole way in the browser, from the button on its page to the
signature. Then each place where tonnes are shown is added up by itself, in whole kilograms, from
what a person reads there: the table's cells, the drawing, the spreadsheet, the letter.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from docx import Document
from flask import Flask
from lxml import html
from openpyxl import load_workbook

from app.accounts.domain import Role
from app.issuing.queries import frozen_content
from app.rights.domain import Level
from app.rights.services.reserves import EntryDraft, book
from app.rights.tonnage import Account, EntryKind
from tests.issuing import People, acting, people, view, work
from tests.ledger_imports import register_of
from tests.ledgers import load, made_up_ledger
from tests.pages import CheckedClient
from tests.pdf_text import texts_of
from tests.people import browser_of, opened

LIVE = "/rights/?level={}&pollutant=VOCs&year=2025&as_of=2025-12-31"
TONNES = re.compile(r"\d[\d,]*\.\d{3}")
ASKED, ALLOCATED = "申请量（吨/年）", "分配量（吨/年）"


@pytest.fixture
def who(app: Flask) -> People:
    """A register with reserves that entries have moved."""
    with app.app_context():
        load(made_up_ledger(5))
    found = people(app)
    with app.app_context():
        for level in Level:
            account = Account(level, "VOCs", 2025)
            with acting(found.maker):
                book(EntryDraft(account, EntryKind.IN, Decimal("1.234"), date(2025, 3, 1), "甲"))
                book(EntryDraft(account, EntryKind.OUT, Decimal("0.567"), date(2025, 4, 1), "乙"))
    return found


# --- reading as a person reads -----------------------------------------------------------------


def kilos(text: object) -> int:
    """Tonnes as they are shown, in kilograms; what is no number counts as nothing."""
    found = TONNES.search(str(text))
    return int(Decimal(found[0].replace(",", "")) * 1000) if found else 0


def tree(client: CheckedClient, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return html.fromstring(answer.get_data(as_text=True))


def rows_of(table: Any) -> list[dict[str, str]]:
    """The rows of a table by its heads; the foot is left out."""
    heads = [it.text_content().strip() for it in table.xpath("./thead/tr[th][last()]/th")]
    return [
        dict(zip(heads, [" ".join(it.text_content().split()) for it in row], strict=True))
        for row in table.xpath("./tbody/tr")
    ]


def table_with(page: Any, *heads: str) -> Any:
    """The first table that has all these heads."""
    for table in page.xpath("//table"):
        said = {it.text_content().strip() for it in table.xpath("./thead/tr[th][last()]/th")}
        if said >= set(heads):
            return table
    raise AssertionError(heads)


def total(rows: Sequence[dict[str, Any]], head: str) -> int:
    return sum(kilos(row[head]) for row in rows)


def file_of(client: CheckedClient, address: str, form: str) -> bytes:
    answer = client.post(address, data={"format": form, "level": "province", "pollutant": "VOCs",
                                        "year": "2025", "as_of": "2025-12-31"})  # fmt: skip
    assert answer.status_code == 303, (address, form, answer.get_data(as_text=True))
    with client.get(answer.location) as fetched:
        content: bytes = fetched.data
    return content


def cells_of(content: bytes, form: str, head: str) -> list[dict[str, Any]]:
    """The rows of a csv or xlsx below the line that holds this head."""
    if form == "csv":
        lines: list[list[Any]] = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    else:
        sheet = load_workbook(io.BytesIO(content)).worksheets[0]
        lines = [[_shown(it) for it in row] for row in sheet.iter_rows(values_only=True)]
    start = next(place for place, line in enumerate(lines) if head in line)
    return [
        dict(zip(lines[start], line, strict=True))
        for line in lines[start + 1 :]
        if any(str(it or "").strip() for it in line[1:])
    ]


def _shown(cell: object) -> object:
    return f"{cell:.3f}" if isinstance(cell, float) else cell


# --- the whole way in the browser --------------------------------------------------------------


def drafted(client: CheckedClient, address: str) -> int:
    """The button 起草分配清单 of the page, pressed as a browser would."""
    page = tree(client, address)
    (form,) = page.xpath("//form[.//button[normalize-space()='起草分配清单']]")
    answer = client.post(form.get("action"), data=dict(form.form_values()))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return int(answer.location.split("?")[0].rsplit("/", 1)[1])


def issued(app: Flask, who: People, address: str, number: str) -> int:
    """An allocation from the button to the signature, by three people."""
    list_id = drafted(browser_of(app, who.maker.user_id), address)
    its = f"/lists/{list_id}"
    checker = browser_of(app, who.checker.user_id)
    assert checker.post(f"{its}/check", data={}).status_code == 303
    signer = browser_of(app, who.signer.user_id)
    (form,) = tree(signer, f"{its}/sign").xpath("//form[.//input[@name='number']]")
    typed = dict(form.form_values()) | {"number": number}
    for box in form.xpath(".//input[@type='checkbox']"):
        typed[box.get("name")] = box.get("value") or "on"
    assert signer.post(f"{its}/sign", data=typed).status_code == 303
    return list_id


# --- the places --------------------------------------------------------------------------------


def on_the_page(page: Any) -> tuple[int, int]:
    """What is asked and allocated in the section of the admitted, foot and drawing the same."""
    table = table_with(page, "位次", ASKED, ALLOCATED)
    rows = rows_of(table)
    asked, given = total(rows, ASKED), total(rows, ALLOCATED)
    foot = [it.text_content() for it in table.xpath("./tfoot/tr/td")]
    assert (kilos(foot[0]), kilos(foot[1])) == (asked, given)
    drawn = [it.text_content().strip() for it in page.xpath("//svg//text") if it.text_content()]
    assert sum(kilos(it) for it in drawn if it.startswith("−")) == given
    steps = rows_of(table_with(page, "数量（吨/年）", "余下（吨/年）"))
    assert sum(kilos(it["数量（吨/年）"]) for it in steps if it["数量（吨/年）"][0] == "−") == given
    whole, left = kilos(steps[0]["数量（吨/年）"]), kilos(steps[-1]["余下（吨/年）"])
    assert whole - given == left
    assert str(Decimal(given) / 1000) in page.xpath("string(//main)")
    return asked, given


def in_letters(app: Flask, who: People, list_id: int) -> int:
    """The page of the letters, and every letter in both forms, row by row."""
    client = browser_of(app, who.maker.user_id)
    address = f"/rights/lists/{list_id}/letters"
    page = rows_of(table_with(tree(client, address), "分配合计（吨/年）"))
    shown = total(page, "分配合计（吨/年）")
    sums: dict[str, list[int]] = {}
    for form in ("docx", "pdf"):
        asked = client.post(address, data={"format": form})
        with app.app_context():
            work()
        link = client.get(asked.location).get_data(as_text=True).split('href="/downloads/')[1]
        with client.get("/downloads/" + link.split('"', 1)[0]) as fetched:
            packed = zipfile.ZipFile(io.BytesIO(fetched.data))
        reader = _docx_total if form == "docx" else _pdf_total
        sums[form] = [reader(packed.read(name)) for name in packed.namelist()]
        assert len(sums[form]) == len(page)
    assert sums["docx"] == sums["pdf"] == [kilos(it["分配合计（吨/年）"]) for it in page]
    assert sum(sums["pdf"]) == shown
    return shown


def _docx_total(content: bytes) -> int:
    (table,) = Document(io.BytesIO(content)).tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert sum(kilos(row[3]) for row in rows[2:-1]) == kilos(rows[-1][3])
    return kilos(rows[-1][3])


def _pdf_total(content: bytes) -> int:
    texts = texts_of(content)
    return kilos(texts[texts.index("合计") + 1])


def in_the_issued_list(client: CheckedClient, list_id: int) -> int:
    """The print page and the downloaded tables of a signed list."""
    paper = tree(client, f"/lists/{list_id}/print")
    given = total(rows_of(table_with(paper, "位次", "结论")), "结论")
    for form in ("csv", "xlsx"):
        rows = cells_of(file_of(client, f"/lists/{list_id}/download", form), form, ALLOCATED)
        assert total(rows, ALLOCATED) == given, form
    content = json.loads(file_of(client, f"/lists/{list_id}/download", "json"))["content"]["list"]
    assert sum(kilos(it["allocated"]) for it in content["rows"]) == given
    assert kilos(content["allocated_total"]) == given
    return given


def in_the_ledger(client: CheckedClient, level: str) -> tuple[int, int, int]:
    """Supply, allocated and balance of a reserve, the same on both pages and in every file."""
    address = f"/rights/reserves/{level}/VOCs/2025"
    page = tree(client, address)
    lines = rows_of(table_with(page, "收入", "支出", "结余"))
    income, spending = total(lines, "收入"), total(lines, "支出")
    opening, balance = kilos(lines[0]["结余"]), kilos(lines[-1]["结余"])
    assert opening + income - spending == balance
    allocated = total([it for it in lines if it["收支"] == "分配支出"], "支出")
    sums = rows_of(table_with(page, "可分配量", "已分配", "结余", "期初"))[0]
    found = kilos(sums["可分配量"]), kilos(sums["已分配"]), kilos(sums["结余"])
    assert found == (balance + allocated, allocated, balance)
    words = {"city": "市级", "province": "省级"}[level]
    overview = rows_of(table_with(tree(client, "/rights/reserves"), "可分配量", "污染物"))
    (row,) = (it for it in overview if (it["污染物"], it["级别"]) == ("VOCs", words))
    assert tuple(kilos(row[it]) for it in ("可分配量", "已分配", "结余")) == found
    for form in ("csv", "xlsx"):
        own = cells_of(file_of(client, f"{address}/export", form), form, "结余（吨/年）")
        assert kilos(own[-1]["结余（吨/年）"]) == balance, form
        assert total(own, "支出（吨/年）") == spending, form
        rows = cells_of(file_of(client, "/rights/reserves/export", form), form, "结余（吨/年）")
        (line,) = (it for it in rows if (it["污染物"], it["级别"]) == ("VOCs", words))
        assert [kilos(line[f"{it}（吨/年）"]) for it in ("可分配量", "已分配", "结余")] == [*found]
    return found


def of_applications(app: Flask, who: People) -> int:
    """All VOCs applications of the year: pages, files, and the workbook that goes out."""
    client = browser_of(app, who.maker.user_id)
    address = "/rights/applications?year=2025&pollutant=VOCs"
    page = tree(client, address)
    rows = rows_of(table_with(page, ASKED))
    number = 2
    while page.xpath("//a[normalize-space()='下一页'][@href]"):
        page = tree(client, f"{address}&page={number}")
        rows += rows_of(table_with(page, ASKED))
        number += 1
    asked = total(rows, ASKED)
    assert kilos(rows_of(table_with(page, "VOCs"))[0]["VOCs"]) == asked
    export = "/rights/applications/export?year=2025&pollutant=VOCs"
    for form in ("csv", "xlsx"):
        assert total(cells_of(file_of(client, export, form), form, ASKED), ASKED) == asked
    kept = register_of(app)["排污权申请"]
    assert sum(kilos(it["asked"]) for it in kept
               if (it["pollutant"], it["year"]) == ("VOCs", 2025)) == asked  # fmt: skip
    return asked


def of_enterprises(app: Flask, list_id: int) -> tuple[int, int]:
    """What three enterprises read of a list, and what the list says of the same three."""
    rows = [it for it in given_rows(app, list_id) if it[2]]
    codes = list(dict.fromkeys(uscc for uscc, _, _ in rows))[:3]
    shown = 0
    for code in codes:
        client = browser_of(app, opened(app, Role.FILER, uscc=code))
        for part in tree(client, "/lists/own").xpath("//section[.//form]"):
            if f"/rights/lists/{list_id}/" in html.tostring(part, encoding="unicode"):
                labels = [it.text_content().strip() for it in part.xpath(".//dt")]
                values = [it.text_content() for it in part.xpath(".//dd")]
                shown += kilos(dict(zip(labels, values, strict=True))["分配量"])
    return shown, sum(amount for uscc, _, amount in rows if uscc in codes)


def given_rows(app: Flask, list_id: int) -> list[tuple[str, str, int]]:
    with app.app_context():
        rows = frozen_content(view(list_id).content_sha256)["list"]["rows"]
    return [(it["uscc"], it["project"], kilos(it["allocated"])) for it in rows]


def test_everything_agrees_to_the_kilogram(app: Flask, who: People) -> None:
    province = LIVE.format("province")
    officer = browser_of(app, who.maker.user_id)
    _, given = on_the_page(tree(officer, province))
    rows = cells_of(file_of(officer, "/rights/export", "xlsx"), "xlsx", ALLOCATED)
    assert total(rows, ALLOCATED) == given
    rows = cells_of(file_of(officer, "/rights/export", "csv"), "csv", ALLOCATED)
    assert total(rows, ALLOCATED) == given
    asked = of_applications(app, who)
    assert total(rows, ASKED) <= asked
    first = issued(app, who, province, "浙环函〔2026〕1号")
    city = f"{LIVE.format('city')}&after={first}"
    _, rest = on_the_page(tree(browser_of(app, who.maker.user_id), city))
    second = issued(app, who, city, "绍环发〔2026〕2号")
    for level, list_id, amount in (("province", first, given), ("city", second, rest)):
        assert amount > 0
        client = browser_of(app, who.maker.user_id)
        assert in_the_issued_list(client, list_id) == amount
        supply, allocated, left = in_the_ledger(client, level)
        assert (allocated, left) == (amount, supply - amount)
        assert in_letters(app, who, list_id) == amount
        shown, listed = of_enterprises(app, list_id)
        assert shown == listed > 0
    assert given + rest <= asked
