"""The stand-alone check of a filing: bytes, files, and every grade reckoned again (独立核验)."""

from __future__ import annotations

import ast
import copy
import hashlib
from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.indicators.domain import (
    Answer,
    Below,
    Cell,
    Clause,
    Clauses,
    Limit,
    Limits,
    Measured,
    OxygenOfAir,
    Quantity,
    Row,
    SameAsAbove,
    Share,
    Unverified,
    YesNo,
    judge_row,
)
from app.indicators.wording import written
from tests.filing_contents import GRADES, Json, canonical, content, plain

verify: Any = import_module("scripts.verify_filing")
FILES = (b"first quarter", b"second quarter", b"third")
SOUND = canonical(content(FILES, tables=2))


def digest(file: bytes) -> str:
    return hashlib.sha256(file).hexdigest()


def checked(tmp_path: Path, file: bytes, *options: str, paper: str = "") -> int:
    path = tmp_path / "filing.json"
    path.write_bytes(file)
    return int(verify.main([str(path), "--sha256", paper or digest(file), *options]))


def evidence(tmp_path: Path) -> Path:
    folder = tmp_path / "evidence" / "below"
    folder.mkdir(parents=True)
    for number, file in enumerate(FILES):
        (folder / f"any name {number}").write_bytes(file)
    return folder.parent


def test_a_sound_submission_passes_and_tells_what_to_compare(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = evidence(tmp_path)
    paper = f" {digest(SOUND).upper()} "
    assert checked(tmp_path, SOUND, "--files", str(folder), paper=paper) == 0
    said = capsys.readouterr().out
    for expected in ("示例水泥有限公司", "330603-2026-000012，第 1 版", digest(SOUND), "3 个文件"):
        assert expected in said
    assert "没有核对" not in said
    assert checked(tmp_path, SOUND) == 0
    assert "佐证材料文件没有核对" in capsys.readouterr().out


MUTATIONS: dict[str, Callable[[bytes, int], bytes]] = {
    "lowest bit": lambda b, n: b[:n] + bytes([b[n] ^ 1]) + b[n + 1 :],
    "highest bit": lambda b, n: b[:n] + bytes([b[n] ^ 128]) + b[n + 1 :],
    "deleted": lambda b, n: b[:n] + b[n + 1 :],
    "a space put in": lambda b, n: b[:n] + b" " + b[n:],
    "cut off": lambda b, n: b[:n],
}


def refuses(file: bytes, paper: str) -> bool:
    try:
        verify.check_bytes(file, paper)
    except verify.Altered:
        return True
    return False


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_sampled_position_is_guarded_by_the_hash_on_paper(name: str) -> None:
    paper = digest(SOUND)
    assert not refuses(SOUND, paper)
    places = range(0, len(SOUND), 7)
    assert [n for n in places if not refuses(MUTATIONS[name](SOUND, n), paper)] == []


@pytest.mark.parametrize(
    "file",
    [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"format": "jixiao-filing-1"}',
     b'{"format":"jixiao-filing-1"}', b'{"a":NaN}', SOUND + b"\n", b"\xef\xbb\xbf" + SOUND],
)  # fmt: skip
def test_what_is_no_original_is_refused_whatever_its_hash(tmp_path: Path, file: bytes) -> None:
    assert checked(tmp_path, file) == 1


def test_keys_out_of_order_or_twice_are_not_canonical(tmp_path: Path) -> None:
    assert checked(tmp_path, SOUND.replace(b'{"commitment"', b'{"way":"x","commitment"', 1)) == 1
    assert checked(tmp_path, b'{"number":2,' + SOUND[1:]) == 1


def first_row(document: Json) -> Json:
    row: Json = document["tables"][0]["rows"][0]
    return row


def said_grade(document: Json, grade: str | None) -> None:
    first_row(document)["grade"] = grade


ALTERED: dict[str, tuple[Callable[[Json], Any], str]] = {
    "a better grade": (lambda it: said_grade(it, "A"), "按填报内容推算为 B，原件写的是 A"),
    "no grade": (lambda it: said_grade(it, None), "推算为 B，原件写的是 未定"),
    "another value": (
        lambda it: first_row(it)["answer"]["measured"]["颗粒物@窑头/小时均值"].update(value="9"),
        "推算为 A，原件写的是 B",
    ),
    "another limit": (lambda it: first_row(it)["asked"].update(A="颗粒物（窑头，小时均值）≤13"),
                      "推算为 A"),
    "a chosen grade as computed": (
        lambda it: it["tables"][0]["rows"][5].update(state="computed"), "B（企业选择）"),
    "a row left out as not applicable": (
        lambda it: first_row(it).update(state="not-applicable", grade=None), "不涉及"),
    "the table's grade": (lambda it: it["tables"][1].update(grade="A"), "按短板原则推算为 B"),
    "the overall grade": (lambda it: it.update(overall="A"), "总体自评等级推算为 B"),
    "a row twice": (lambda it: it["tables"][0]["rows"].append(first_row(it)), "出现了两次"),
    "a file taken out": (lambda it: it["evidence"].pop(), "所列佐证材料与清单不一致"),
    "a file's row": (lambda it: it["evidence"][0].update(row_key="9.9"), "不在自评表中"),
    "a file's number": (lambda it: it["evidence"][0].update(no=7), "不是从 1 起连续"),
    "no statement": (lambda it: it["commitment"].update(statements=[]), "没有承诺和声明"),
    "accepted too late": (
        lambda it: it["commitment"]["statements"][0].update(accepted_at="2027"), "晚于签署"),
    "signed too late": (lambda it: it["commitment"].update(signed_at="2027"), "晚于提交"),
    "a part missing": (lambda it: it.pop("plant"), "缺少 plant"),
    "a row's part missing": (lambda it: first_row(it).pop("answer"), "缺少 answer"),
    "tables out of order": (lambda it: it["tables"].reverse(), "依次排列"),
    "an unreadable limit": (lambda it: first_row(it)["asked"].update(A="少一点"), "看不懂"),
}  # fmt: skip


@pytest.mark.parametrize("name", ALTERED)
def test_an_alteration_under_a_new_hash_does_not_agree_with_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    document = copy.deepcopy(content(FILES, tables=2))
    change, told = ALTERED[name]
    change(document)
    assert checked(tmp_path, canonical(document)) == 1
    assert told in capsys.readouterr().err


def test_altered_and_missing_files_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = evidence(tmp_path)
    (folder / "below" / "any name 0").write_bytes(b"first Quarter")
    (folder / "below" / "any name 1").rename(folder / "below" / "002_第2季度监测报告.pdf")
    (folder / "below" / "002_第2季度监测报告.pdf").write_bytes(b"")
    assert checked(tmp_path, SOUND, "--files", str(folder)) == 1
    said = capsys.readouterr().err
    assert "佐证材料 1（第1季度监测报告.pdf）不在文件夹中" in said
    assert "佐证材料 2（第2季度监测报告.pdf）的内容已被改动" in said
    assert "佐证材料 3" not in said


def test_wrong_use_is_told_apart_from_what_does_not_agree(tmp_path: Path) -> None:
    missing = str(tmp_path / "nothing.json")
    assert verify.main([missing, "--sha256", "0" * 64]) == 2
    assert checked(tmp_path, SOUND, "--files", str(tmp_path / "nowhere")) == 2
    with pytest.raises(SystemExit) as ended:
        verify.main([missing])
    assert ended.value.code == 2
    assert checked(tmp_path, SOUND, paper="0" * 64) == 1


def test_tables_of_different_schemes_cross_by_the_order_in_the_original() -> None:
    tables = [{"grades": ["A", "B", "C", "D"], "grade": "C"},
              {"grades": ["引领性", "非引领性"], "grade": "非引领性"}]  # fmt: skip
    order = ["A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"]
    assert verify.crossing({"tables": tables, "grade_order": order}) == "非引领性"
    tables[1]["grade"] = "引领性"
    assert verify.crossing({"tables": tables, "grade_order": order}) == "C"


QUANTITIES = (Quantity("颗粒物", "窑头", averaging="小时均值"), Quantity("二氧化硫"))
CLAUSES = tuple(Clause(f"第{it}处密闭，并 1、2 处监控") for it in "甲乙丙")
DRAWS = 3000


def criterion(draw: Random) -> Any:
    kind = draw.randrange(8)
    if kind == 0:
        upper = Decimal(draw.randrange(6, 30))
        lower = draw.choice((None, Decimal(5)))
        return Limits(
            tuple(
                Limit(it, upper, lower, draw.choice((None, Decimal(10))))
                for it in draw.sample(QUANTITIES, draw.randint(1, 2))
            )
        )
    if kind == 1:
        return Clauses(CLAUSES, draw.choice((None, 1, 2)))
    if kind == 2:
        return Share("国五及以上车辆比例", Decimal(draw.randrange(1, 100)), draw.random() < 0.3)
    if kind == 3:
        return Limits((Limit(QUANTITIES[0], Decimal(draw.randrange(40)), at_least=True),))
    return (YesNo("安装门禁"), SameAsAbove(), Unverified(), Clauses(CLAUSES[:1]))[kind - 4]


def answer(draw: Random) -> Answer:
    if draw.random() < 0.1:
        return Answer(nothing_met=draw.random() < 0.5)
    measured = {
        it.id: Measured(
            Decimal(draw.randrange(400)) / 10,
            draw.choice((None, Decimal(draw.randrange(0, 23)))),
        )
        for it in QUANTITIES
        if draw.random() < 0.8
    }
    return Answer(
        ticked=frozenset(it.id for it in CLAUSES if draw.random() < 0.7),
        measured=measured,
        shares={"国五及以上车辆比例": Decimal(draw.randrange(101))} if draw.random() < 0.8 else {},
        said={"安装门禁": draw.random() < 0.6},
        not_applicable=draw.random() < 0.05,
        chosen=draw.choice((None, *GRADES)),
        reason="见附件",
        nothing_met=draw.random() < 0.1,
    )


@pytest.mark.parametrize("seed", range(4))
def test_rows_are_judged_as_the_program_judges_them(seed: int) -> None:
    draw = Random(seed)  # noqa: S311 - a sample, no secret
    states: set[str] = set()
    for _ in range(DRAWS // 4):
        asked = [criterion(draw) for _ in GRADES[:-1]]
        last = Below("C") if draw.random() < 0.5 else criterion(draw)
        row = Row("1", "维度", "指标",
                  tuple(Cell((g,), it) for g, it in zip(GRADES, [*asked, last], strict=True)),
                  may_not_apply=draw.random() < 0.5)  # fmt: skip
        given = answer(draw)
        try:
            found = judge_row(row, given, GRADES)
            expected = found.grade, found.state
        except OxygenOfAir:
            expected = None, "open"
        frozen = {
            "asked": {g: written(c.criterion) for c in row.cells for g in c.grades},
            "answer": plain(given),
            "may_not_apply": row.may_not_apply,
        }
        resolved = {**frozen, "asked": {g: written(row.asked(g)) for g in GRADES}}
        assert verify.judged(frozen, GRADES) == expected, frozen
        assert verify.judged(resolved, GRADES) == expected, resolved
        states.add(expected[1])
    assert states == {"computed", "chosen", "open", "not-applicable"}


def test_the_script_needs_nothing_but_an_old_python() -> None:
    source = Path(verify.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [it.name for it in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert imported <= {
        "__future__", "argparse", "collections", "decimal", "hashlib", "json", "pathlib", "re",
        "sys", "typing", "unicodedata",
    }  # fmt: skip
    assert ".removesuffix(" not in source
    assert "strict=" not in source
