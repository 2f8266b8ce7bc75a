"""Letters about a signed allocation: Word and PDF, one or all, every text inert."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from docx import Document
from flask import Flask

from app.inbox.models import Message
from app.issuing import services
from app.issuing.services import Signature
from app.kernel import jobs
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.rights import papers
from app.rights.domain import total_of
from app.rights.letters import Letter
from app.rights.papers import PaperFault, as_docx, as_pdf, why_no_pdf
from app.rights.queries.issued import KIND, given_by
from app.rights.services import letters as letter_services
from tests.issuing import People, acting, people, view
from tests.ledgers import load, made_up_ledger
from tests.pages import CheckedClient
from tests.people import KEQIAO, ClientAs, browser_of

NUMBER = Signature("绍环发〔2026〕9号", confirms_draft_rulebook=True)
HOSTILE = '<b>#read("/etc/passwd")</b> {{ 7*7 }} {% raw %} $x$ \\ & *粗* #{1+1}'


@pytest.fixture
def who(app: Flask) -> Iterator[People]:
    with app.app_context():
        load(made_up_ledger(5))
    found = people(app)
    with app.app_context():
        yield found


@pytest.fixture
def issued(who: People) -> int:
    with acting(who.maker):
        list_id = services.draft(KIND, "city/VOCs/2025", date(2025, 12, 31))
    with acting(who.checker):
        services.check(list_id, EVERYTHING)
    with acting(who.signer):
        services.sign(list_id, EVERYTHING, NUMBER)
    return list_id


def letters(list_id: int) -> list[Letter]:
    return letter_services.letters(view(list_id), None)


def words_of(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(it.text for it in document.paragraphs), *cells])


def test_letters_say_what_the_list_gave_to_the_kilogram(issued: int) -> None:
    given = given_by(view(issued))
    found = letters(issued)
    assert total_of(Decimal(it.total) for it in found) == total_of(given.values())
    for letter in found[:3]:
        words = words_of(as_docx(letter))
        assert letter.enterprise in words
        assert "绍环发〔2026〕9号" in words
        for row in letter.rows:
            assert row.asked in words
            assert row.allocated in words


def test_texts_are_inert_in_word_and_pdf(issued: int) -> None:
    letter = letters(issued)[0]
    odd = Letter(**{**{f: getattr(letter, f) for f in letter.__slots__}, "enterprise": HOSTILE})
    assert HOSTILE in words_of(as_docx(odd))
    assert as_pdf(odd).startswith(b"%PDF-")


def test_a_single_letter_is_made_at_once_and_all_of_them_in_the_background(
    app: Flask, who: People, issued: int
) -> None:
    found = letters(issued)
    client = browser_of(app, who.maker.user_id)
    page = client.get(f"/rights/lists/{issued}/letters").get_data(as_text=True)
    assert f"{len(found)} 份" in page
    one = client.post(
        f"/rights/lists/{issued}/letters",
        data={"format": "docx", "plant_id": str(found[0].plant_id)},
    )
    with client.get(one.location) as fetched:
        assert found[0].enterprise in words_of(fetched.data)
    asked = client.post(f"/rights/lists/{issued}/letters", data={"format": "docx"})
    assert "进行中" in client.get(asked.location).get_data(as_text=True)
    while jobs.run_next():
        pass
    assert archive_of(client, asked.location) == len(found)
    with app.app_context():
        told = db.session.query(Message).filter(Message.source.startswith("rights.letters"))
        assert told.count() == 1


def archive_of(client: CheckedClient, address: str) -> int:
    page = client.get(address).get_data(as_text=True)
    link = page.split('href="/downloads/', 1)[1].split('"', 1)[0]
    with client.get(f"/downloads/{link}") as fetched:
        return len(zipfile.ZipFile(io.BytesIO(fetched.data)).namelist())


def test_officers_of_a_county_write_to_their_own_plants_only(
    app: Flask, issued: int, client_as: ClientAs
) -> None:
    found = letters(issued)
    own = [it for it in found if it.county == KEQIAO]
    other = next(it for it in found if it.county != KEQIAO)
    client = client_as("county-officer", county=KEQIAO)
    page = client.get(f"/rights/lists/{issued}/letters").get_data(as_text=True)
    assert f"{len(own)} 份" in page
    assert other.enterprise not in page
    refused = client.post(
        f"/rights/lists/{issued}/letters",
        data={"format": "docx", "plant_id": str(other.plant_id)},
    )
    assert refused.status_code == 404


def test_without_a_chinese_font_the_page_says_what_to_install(
    app: Flask, who: People, issued: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(papers, "BODY_FONTS", ("No Such Font",))
    papers._read_fonts.cache_clear()  # noqa: SLF001
    try:
        assert why_no_pdf() is not None
        with pytest.raises(PaperFault):
            as_pdf(letters(issued)[0])
        client = browser_of(app, who.maker.user_id)
        page = client.get(f"/rights/lists/{issued}/letters").get_data(as_text=True)
        assert "没有中文字体" in page
        assert "全部生成 Word" in page
    finally:
        papers._read_fonts.cache_clear()  # noqa: SLF001


def test_a_bureaus_own_template_is_used_and_a_broken_one_named(app: Flask, issued: int) -> None:
    folder: Path = app.config["CONFIG"].instance_dir / "letters"
    folder.mkdir()
    own = Document()
    own.add_paragraph("本局模板：{{ enterprise }} {{ total }}")
    own.save(str(folder / "allocation.docx"))
    letter = letters(issued)[0]
    assert words_of(as_docx(letter)).startswith(f"本局模板：{letter.enterprise} {letter.total}")
    (folder / "allocation.docx").write_bytes(b"no document")
    with pytest.raises(PaperFault, match="模板有误"):
        as_docx(letter)
