"""Letters about a signed allocation: Word and PDF, one or all, every text inert."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from docx import Document
from flask import Flask
from sqlalchemy import update

from app.inbox.models import Message
from app.issuing import services
from app.issuing.services import Signature
from app.kernel import clock, jobs, papers
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.kernel.models import Download, Job
from app.kernel.papers import PaperFault, why_no_pdf
from app.kernel.transaction import close, writing
from app.rights import papers as rights_papers
from app.rights.domain import total_of
from app.rights.letters import Letter
from app.rights.papers import as_docx, as_pdf
from app.rights.queries.issued import KIND, given_by
from app.rights.services import letters as letter_services
from tests.issuing import People, acting, people, view, work
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
    assert found[0].enterprise in words_of(fetched(client, issued, found[0].plant_id))
    assert fetched(client, issued, found[0].plant_id, form="pdf").startswith(b"%PDF-")
    asked = client.post(f"/rights/lists/{issued}/letters", data={"format": "docx"})
    assert "进行中" in client.get(asked.location).get_data(as_text=True)
    work()
    assert archive_of(client, asked.location) == len(found)
    assert told() == 1


def fetched(
    client: CheckedClient, list_id: int, plant_id: int, *, form: str = "docx", own: bool = False
) -> bytes:
    """The letter about a plant, asked for as an officer or (``own``) as the enterprise."""
    address = f"/rights/lists/{list_id}/{'own-letter' if own else 'letters'}"
    answer = client.post(address, data={"format": form, "plant_id": str(plant_id)})
    assert answer.status_code == 303, answer.status_code
    with client.get(answer.location) as file:
        content: bytes = file.data
    return content


def told() -> int:
    """How many were told that their letters are there."""
    own = Message.source.startswith("rights.letters")
    return db.session.query(Message).filter(own).count()


def test_an_enterprise_fetches_its_own_letter_and_no_other(
    app: Flask, who: People, issued: int, client_as: ClientAs
) -> None:
    found = letters(issued)
    own = found[0]
    other = next(it for it in found if it.uscc != own.uscc)
    client = client_as("filer", uscc=own.uscc)
    page = client.get("/lists/own").get_data(as_text=True)
    assert f'action="/rights/lists/{issued}/own-letter"' in page
    words = words_of(fetched(client, issued, own.plant_id, own=True))
    assert own.enterprise in words
    assert fetched(client, issued, own.plant_id, form="pdf", own=True).startswith(b"%PDF-")
    address = f"/rights/lists/{issued}/own-letter"
    for plant_id in (str(other.plant_id), "0", "x", "-1", ""):
        refused = client.post(address, data={"format": "docx", "plant_id": plant_id})
        assert refused.status_code == 404, plant_id
    assert client.post(address, data={"format": "docx"}).status_code == 404
    assert client.post(f"/rights/lists/{issued}/letters").status_code == 403
    with acting(who.signer):
        services.withdraw(issued, EVERYTHING, "数据有误")
    late = client.post(address, data={"format": "docx", "plant_id": str(own.plant_id)})
    assert "不提供告知书" in client.get(late.location).get_data(as_text=True)
    assert "own-letter" not in client.get("/lists/own").get_data(as_text=True)


def test_no_letters_are_written_about_a_withdrawn_list(
    app: Flask, who: People, issued: int
) -> None:
    client = browser_of(app, who.maker.user_id)
    address = f"/rights/lists/{issued}/letters"
    asked = client.post(address, data={"format": "docx"})
    with acting(who.signer):
        services.withdraw(issued, EVERYTHING, "数据有误")
    work()
    page = client.get(asked.location).get_data(as_text=True)
    assert "没有生成告知书：这份清单已撤回" in page
    assert "全部生成" not in page
    again = client.post(address, data={"format": "docx", "plant_id": "1"})
    assert "不再生成告知书" in client.get(again.location).get_data(as_text=True)
    assert told() == 0


def test_letters_tell_how_far_they_are(
    app: Flask, who: People, issued: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int, str]] = []

    def noted(_run: jobs.JobRun, done: int, total: int, note: str = "") -> None:
        seen.append((done, total, note))

    monkeypatch.setattr(jobs.JobRun, "progress", noted)
    client = browser_of(app, who.maker.user_id)
    client.post(f"/rights/lists/{issued}/letters", data={"format": "pdf"})
    work()
    total = len(letters(issued))
    assert [it[:2] for it in seen] == [(made, total) for made in range(1, total + 1)]
    assert seen[0][2] == f"正在生成第 1 份，共 {total} 份"


@pytest.mark.parametrize("dies", ["while writing letters", "before it can say so"])
def test_letters_of_a_worker_that_died_are_made_once(
    app: Flask, who: People, issued: int, dies: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The process ends; nothing in it can still write."""

    def die(*_args: object) -> None:
        raise Killed

    client = browser_of(app, who.maker.user_id)
    asked = client.post(f"/rights/lists/{issued}/letters", data={"format": "docx"})
    with monkeypatch.context() as patch:
        if dies == "while writing letters":
            patch.setitem(rights_papers.MAKERS, "docx", die)
        else:
            patch.setattr(jobs, "_finish", die)
        with pytest.raises(Killed):
            work()
    assert "进行中" in client.get(asked.location).get_data(as_text=True)
    close()
    monkeypatch.setattr(jobs, "LEASE", timedelta(0))
    with writing("测试"):
        db.session.execute(update(Job).values(leased_until=clock.now() - timedelta(seconds=1)))
    work()
    assert archive_of(client, asked.location) == len(letters(issued))
    assert told() == 1
    made = db.session.query(Download).filter(Download.purpose.startswith("排污权告知书"))
    assert made.count() == 1


def test_a_broken_template_is_told_on_the_page(app: Flask, who: People, issued: int) -> None:
    folder: Path = app.config["CONFIG"].instance_dir / "letters"
    folder.mkdir()
    (folder / "allocation.docx").write_bytes(b"no document")
    client = browser_of(app, who.maker.user_id)
    address = f"/rights/lists/{issued}/letters"
    asked = client.post(address, data={"format": "docx"})
    work()
    assert "告知书模板有误" in client.get(asked.location).get_data(as_text=True)
    plant_id = letters(issued)[0].plant_id
    one = client.post(address, data={"format": "docx", "plant_id": str(plant_id)})
    assert "告知书模板有误" in client.get(one.location).get_data(as_text=True)


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
    papers.forget_fonts()
    try:
        assert why_no_pdf() is not None
        with pytest.raises(PaperFault):
            as_pdf(letters(issued)[0])
        client = browser_of(app, who.maker.user_id)
        page = client.get(f"/rights/lists/{issued}/letters").get_data(as_text=True)
        assert "没有中文字体" in page
        assert "全部生成 Word" in page
    finally:
        papers.forget_fonts()


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
