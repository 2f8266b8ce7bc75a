"""The papers of a filing: everything is on them, texts are inert, the same gives the same bytes."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from time import process_time

import pytest
from docx import Document

from app.filing import application, papers, record
from app.filing.commitment import statements
from app.filing.commitment_paper import CommitmentPaper, of_content, of_draft
from app.filing.receipt import CountyReview, Receipt, next_steps, receipt_of
from app.kernel import papers as kernel_papers
from app.kernel.papers import PaperFault
from app.kernel.workdays import WorkCalendar
from tests.filing_contents import SUBJECT, Json, canonical, content
from tests.papers import office
from tests.pdf_text import texts_of

FILES = (b"first", b"second")
BUREAU = "绍兴市生态环境局柯桥分局"
HOSTILE = '<b>#read("/etc/passwd")</b> {{ 7*7 }} {% raw %} $x$ \\ & *粗* #{1+1}'
SECONDS = 6
_BLANKS = str.maketrans("", "", "\u3000\u200b")


@pytest.fixture(autouse=True)
def _office(tmp_path: Path) -> Iterator[None]:
    with office(tmp_path).app_context():
        yield


def draft() -> CommitmentPaper:
    return of_draft(SUBJECT, statements(SUBJECT), uscc="91330600MA2EXAMPL4", permit="",
                    bureau=BUREAU, origin="示例")  # fmt: skip


def signed(document: Json) -> CommitmentPaper:
    return of_content(document, record.digest(canonical(document)), bureau=BUREAU)


def receipt(document: Json) -> Receipt:
    review = CountyReview(7, "日", kind_set_by_bureau=True, site_visit=True)
    steps = next_steps(date(2026, 11, 23), review, WorkCalendar({}, frozenset({2026})), BUREAU)
    return receipt_of(document, record.digest(canonical(document)), bureau=BUREAU, steps=steps)


def plain(pdf: bytes) -> str:
    return "".join(texts_of(pdf)).replace(" ", "").translate(_BLANKS)


def test_the_copy_of_record_says_everything_and_bears_its_hash_on_every_page() -> None:
    document = content(FILES, tables=2, rounds=3)
    made = canonical(document)
    pdf = papers.record_pdf(made)
    words, sha256 = plain(pdf), hashlib.sha256(made).hexdigest()
    pages = pdf.count(b"/Type/Page") - pdf.count(b"/Type/Pages")
    assert words.count(sha256) == pages > 1
    assert all(f"第{number}页共{pages}页" in words for number in range(1, pages + 1))
    for row in document["tables"][1]["rows"]:
        assert f"{row['key']}{row['title']}".replace(" ", "") in words
    for file in document["evidence"]:
        assert file["sha256"] in words
    for statement in document["commitment"]["statements"]:
        assert statement["text"][:20].replace(" ", "") in words
    for expected in ("330603-2026-000012", "许可证正在变更", "示例，不是国家或者省的指标表",
                     "短板指标", "由12.5降到10mg/m³以下", "2026-11-2314:05:00"):  # fmt: skip
        assert expected in words


def test_the_same_content_gives_the_same_bytes() -> None:
    document = content(FILES)
    made, moment = canonical(document), record.submitted_at(document)
    first = papers.make(made), papers.commitment_pdf(signed(document), moment)
    docx = papers.commitment_docx(signed(document))
    kernel_papers.forget_fonts()
    assert (papers.make(made), papers.commitment_pdf(signed(document), moment)) == first
    assert papers.commitment_docx(signed(document)) == docx
    assert papers.receipt_pdf(receipt(document), moment) == papers.receipt_pdf(
        receipt(document), moment
    )
    assert moment == datetime(2026, 11, 23, 6, 5, 0, 123456, tzinfo=UTC)
    assert b"D:20261123" in first[0][0].content
    assert b"pdfaid" in first[0][0].content


def test_the_parts_of_the_copy_are_the_original_and_what_sha256sum_reads() -> None:
    document = content(FILES)
    paper, original, files = papers.make(canonical(document))
    assert paper.name == "申报存证件_示例水泥有限公司_001_2026_330603-2026-000012.pdf"
    assert original.content == canonical(document)
    first = hashlib.sha256(b"first").hexdigest()
    assert files.content.decode().splitlines()[0] == f"{first}  001_第1季度监测报告.pdf"


def test_sixty_rows_of_three_tables_and_two_hundred_files_take_seconds() -> None:
    made = canonical(content([b"%d" % it for it in range(200)], tables=3, rounds=9))
    begun = process_time()
    pdf = papers.record_pdf(made)
    assert process_time() - begun < SECONDS
    assert len(pdf) < 2_000_000


def test_texts_are_inert_in_word_and_pdf() -> None:
    document = content(FILES)
    document["plant"]["enterprise"] = document["evidence"][0]["name"] = HOSTILE
    document["tables"][0]["rows"][0]["answer_words"] = HOSTILE
    document["warnings"][0]["note"] = HOSTILE
    assert HOSTILE.replace(" ", "") in plain(papers.record_pdf(canonical(document)))
    assert HOSTILE.replace(" ", "") in plain(
        papers.receipt_pdf(receipt(document), record.submitted_at(document))
    )
    assert HOSTILE in words_of(papers.commitment_docx(signed(document)))
    stored = record.stored_name(document["evidence"][0])
    assert not set(stored) & set('/\\:*?"<>|')


def words_of(docx: bytes) -> str:
    document = Document(io.BytesIO(docx))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    heads = [it.text for it in document.sections[0].header.paragraphs]
    return "\n".join([*heads, *(it.text for it in document.paragraphs), *cells])


def test_a_commitment_is_marked_until_it_is_signed_and_then_says_by_whom() -> None:
    moment = datetime(2026, 11, 22, 0, 0, 0, 1, tzinfo=UTC)
    before, after = draft(), signed(content(FILES))
    for words in (plain(papers.commitment_pdf(before, moment)), words_of(
        papers.commitment_docx(before)
    )):  # fmt: skip
        assert "未签署" in words
        assert "法定代表人" in words
        assert "校验值" not in words
    sha256 = record.digest(canonical(content(FILES)))
    for words in (plain(papers.commitment_pdf(after, moment)), words_of(
        papers.commitment_docx(after)
    )):  # fmt: skip
        assert "已签署" in words
        assert "未签署" not in words
        assert sha256 in words
        assert "签字人乙（签字人），2026-11-23" in words
        assert words.count("逐条确认") == len(after.lines)


def test_a_receipt_says_what_was_received_and_what_comes_next() -> None:
    document = content(FILES)
    words = plain(papers.receipt_pdf(receipt(document), record.submitted_at(document)))
    for expected in ("回执编号", "330603-2026-000012", "佐证材料2个文件", "最迟2026年11月30日",
                     document["evidence"][1]["sha256"], "不是审查结论"):  # fmt: skip
        assert expected in words


def test_a_bureaus_own_template_and_words_are_used_and_broken_ones_named(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    own = Document()
    own.add_paragraph("本局模板：{{ enterprise }} {{ mark }}")
    own.save(str(folder / "commitment.docx"))
    (folder / "commitment.toml").write_text(
        'document = "本局文件"\n[[statement]]\nid = "truth"\ntext = "属实。"\n', encoding="utf-8"
    )
    assert (
        words_of(papers.commitment_docx(draft()))
        .strip()
        .startswith("本局模板：示例水泥有限公司 未签署")
    )
    assert [it.text for it in statements(SUBJECT, papers.wording())] == ["属实。"]
    (folder / "commitment.docx").write_bytes(b"no document")
    (folder / "commitment.toml").write_bytes(b"\xff")
    with pytest.raises(PaperFault, match="模板有误"):
        papers.commitment_docx(draft())
    with pytest.raises(PaperFault, match="文字不能使用"):
        papers.wording()


def test_no_part_of_a_word_file_bears_the_day_it_was_packed() -> None:
    parts = zipfile.ZipFile(io.BytesIO(papers.commitment_docx(draft()))).infolist()
    assert {it.date_time[0] for it in parts} == {1980}


def test_the_application_form_says_what_is_applied_for_as_a_draft_and_as_submitted() -> None:
    document = content(FILES, tables=2)
    sha256 = record.digest(canonical(document))
    draft = application.of_draft(document, commits=True, bureau=BUREAU)
    sent = application.of_content(document, sha256, bureau=BUREAU)
    for form, its, others in ((draft, "草稿", "已提交"), (sent, "已提交", "草稿")):
        for words in (
            plain(papers.application_pdf(form, record.submitted_at(document))),
            words_of(papers.application_docx(form)).replace(" ", "").replace("\u3000", ""),
        ):
            assert its in words
            assert others not in words
            for expected in (
                "示例水泥有限公司", "001老厂",
                "2026年度", "首次申报", "1.1窑头颗粒物", "B级（企业选择）", "不涉及", "车次1200",
                "第2季度监测报告.pdf", "填报甲", "格式未规定", "本局设定",
            ):  # fmt: skip
                assert expected in words, expected
    submitted = plain(papers.application_pdf(sent, record.submitted_at(document)))
    assert "签字人乙（签字人）" in submitted
    assert submitted.count("申报原件校验值") > 1, "at the foot of every page"
    assert sha256 in foot_of(papers.application_docx(sent))
    assert "91330600MA2EXAMPL4" in words_of(papers.application_docx(sent))
    own = application.of_draft(document, commits=False, bureau=BUREAU)
    assert (own.title, sent.title) == ("重点行业绩效分级自评表", "重点行业绩效分级申请表")
    assert sent.title in words_of(papers.application_docx(sent))


def foot_of(docx: bytes) -> str:
    footer = Document(io.BytesIO(docx)).sections[0].footer
    return "".join(it.text for it in footer.paragraphs)
