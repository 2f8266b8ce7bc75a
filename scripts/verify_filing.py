#!/usr/bin/env python3
"""Checks a submitted filing (申报版本) by itself: no app, no database, no network.

Python 3.8 or newer, standard library only. The hash printed on every page of the copy of record
(存证件) covers every byte of the original (JSON); the files are held against the hashes in it, and
the 短板 of each table and the overall grade follow from the grades of the rows that it states. How
a row is judged is the program's rule on the day and not held against what was frozen under it.

    python3 verify_filing.py 申报原件.json --sha256 存证件上的校验值 [--files 佐证材料文件夹]

Exit 0: agrees. 1: does not. 2: wrong use.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

Json = Any
"""What a file holds; nothing of it is believed before it is checked."""

FORMAT = "jixiao-filing-1"
PARTS = {
    "format", "receipt", "number", "filing", "plant", "rulebook", "kind", "year", "target",
    "judged_on", "tables", "overall", "transport", "warnings", "evidence", "commitment",
    "submitted_at", "way", "paper",
}  # fmt: skip
TABLE = {"place", "label", "versions", "grades", "rows", "grade"}
ROW = {"key", "dimension", "title", "asked", "answer", "grade", "state", "evidence"}
FILE = {"no", "place", "row_key", "name", "size", "sha256"}
SHA256 = re.compile(r"[0-9a-f]{64}")
MOST_SHOWN = 20
CHUNK = 1 << 20


class Altered(Exception):
    """The file is not what was submitted; the text says where it shows."""


def check_bytes(content: bytes, sha256: str) -> Json:
    """The original as it was frozen: of that hash, and canonical to the byte."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256.strip().lower():
        raise Altered(
            f"文件的校验值是 {found}，与所给的校验值不同：文件已被改动，或不是同一份申报。"
        )
    try:
        document = json.loads(content.decode("utf-8"))
        again = json.dumps(
            document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
        ).encode("utf-8")
    except (UnicodeError, ValueError, RecursionError) as error:
        raise Altered(f"文件无法解析，不是申报原件（{error}）。") from error
    if again != content:
        raise Altered("文件的字节与规范写法不同，不是申报原件。")
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Altered(f"文件不是格式 {FORMAT} 的申报原件。")
    return document


def check_parts(document: Json) -> Iterator[str]:
    """Whether everything is there and what is named twice means the same."""
    need(document, PARTS, "原件")
    places, rows = [], set()
    for table in document["tables"]:
        label = table_name(table)
        need(table, TABLE, label)
        places.append(table["place"])
        for row in table["rows"]:
            need(row, ROW, row_name(table, row))
            if (table["place"], row["key"]) in rows:
                yield "{}：指标 {} 出现了两次。".format(label, row["key"])
            rows.add((table["place"], row["key"]))
    if places != list(range(1, len(places) + 1)):
        yield "自评表不是从主要行业起依次排列的。"
    yield from check_file_list(document, rows)
    yield from check_commitment(document)


def need(part: Json, names: set[str], where: str) -> None:
    """Refuse a part of the original that does not have everything."""
    missing = "、".join(sorted(names - set(part)))
    if missing:
        raise Altered(f"{where}缺少 {missing}。")


def check_file_list(document: Json, rows: set[Any]) -> Iterator[str]:
    """The numbers of the files, and the rows that name them."""
    files = document["evidence"]
    for file in files:
        need(file, FILE, "佐证材料清单")
        if not SHA256.fullmatch(file["sha256"]):
            yield "佐证材料 {} 的校验值写法不对。".format(file["no"])
        if file["place"] and (file["place"], file["row_key"]) not in rows:
            yield "佐证材料 {} 所属的指标 {} 不在自评表中。".format(file["no"], file["row_key"])
    if [file["no"] for file in files] != list(range(1, len(files) + 1)):
        yield "佐证材料的序号不是从 1 起连续的。"
    for table in document["tables"]:
        for row in table["rows"]:
            here = table["place"], row["key"]
            own = [file["no"] for file in files if (file["place"], file["row_key"]) == here]
            if sorted(row["evidence"]) != own:
                yield f"{row_name(table, row)}：所列佐证材料与清单不一致。"


def check_commitment(document: Json) -> Iterator[str]:
    """Every statement was accepted, then all of it signed, then submitted."""
    signed = document["commitment"]
    if not signed["statements"]:
        yield "没有承诺和声明。"
    for statement in signed["statements"]:
        if not statement["text"] or not statement["by"]:
            yield "承诺“{}”没有内容或没有确认人。".format(statement["id"])
        if statement["accepted_at"] > signed["signed_at"]:
            yield "承诺“{}”的确认晚于签署。".format(statement["id"])
    if signed["signed_at"] > document["submitted_at"]:
        yield "签署的时间晚于提交。"


def check_files(document: Json, folder: Path) -> Iterator[str]:
    """Every listed file is in the folder, byte for byte, whatever it is called there."""
    paths = sorted(it for it in folder.rglob("*") if it.is_file())
    there = {hash_of(path): path for path in paths}
    for file in document["evidence"]:
        words, path = (
            "佐证材料 {}（{}）".format(file["no"], file["name"]),
            there.get(file["sha256"]),
        )
        if path is None:
            altered = any(it.name.endswith(file["name"]) for it in paths)
            yield words + ("的内容已被改动。" if altered else "不在文件夹中。")
        elif path.stat().st_size != file["size"]:
            yield words + "的大小与清单不同。"


def hash_of(path: Path) -> str:
    """The SHA-256 of a file, read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in iter(lambda: file.read(CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()


def check_grades(document: Json) -> Iterator[str]:
    """Each table's grade by the 短板原则, and the overall one."""
    for table in document["tables"]:
        yield from differing(f"{table_name(table)}：按短板原则", short_board(table), table["grade"])
    yield from differing("总体自评等级", crossing(document), document["overall"])


def differing(where: str, found: str | None, said: str | None) -> Iterator[str]:
    """Two grades that should be one."""
    if found != said:
        yield f"{where}推算为 {found or '未定'}，原件写的是 {said or '未定'}。"


def short_board(table: Json) -> Any:
    """The lowest grade of the rows that apply; none while one of them is open."""
    found = [row["grade"] for row in table["rows"] if row["state"] != "not-applicable"]
    if not found or None in found:
        return None
    return max(found, key=table["grades"].index)


def crossing(document: Json) -> Any:
    """The lowest grade of all tables, by the order in the original where schemes differ."""
    tables = document["tables"]
    found = [table["grade"] for table in tables]
    if not found or None in found:
        return None
    ranks = {grade: rank for table in tables[:1] for rank, grade in enumerate(table["grades"])}
    if any(table["grades"] != tables[0]["grades"] for table in tables):
        tiers = [tier.split("=") for tier in document["grade_order"]]
        ranks = {grade.strip(): rank for rank, tier in enumerate(tiers) for grade in tier}
    return max(found, key=lambda grade: ranks[grade])


def table_name(table: Json) -> str:
    """A table as people call it."""
    return "自评表“{}”".format(table.get("label", table.get("place")))


def row_name(table: Json, row: Json) -> str:
    """A row as people find it."""
    return "{}指标 {} {}".format(table_name(table), row.get("key"), row.get("title"))


def told(document: Json, sha256: str) -> list[str]:
    """What the original says of itself, to be held against the paper."""
    plant = document["plant"]
    return [
        "企业：{}（{}）".format(plant["enterprise"], plant["uscc"]),
        "厂区：{} {}".format(plant["number"], plant["name"]),
        "回执编号：{}，第 {} 版".format(document["receipt"], document["number"]),
        "年度：{}；申报等级：{}；自评等级：{}".format(
            document["year"], document["target"], document["overall"] or "未定"
        ),
        "签署：{signed_by}，{signed_at}".format(**document["commitment"]),
        "自评表：{} 张；佐证材料：{} 个文件".format(
            *map(len, (document["tables"], document["evidence"]))
        ),
        f"校验值（SHA-256）：{sha256}",
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one submission; returns the exit code."""
    parser = argparse.ArgumentParser(description="核验下载的申报原件（JSON）和佐证材料。")
    parser.add_argument("file", metavar="FILE", help="从系统下载的申报原件。")
    parser.add_argument("--sha256", metavar="HEX", required=True, help="存证件或回执上的校验值。")
    parser.add_argument("--files", metavar="DIR", help="存放佐证材料的文件夹，核对每个文件。")
    options = parser.parse_args(arguments)
    folder = Path(options.files) if options.files else None
    if folder is not None and not folder.is_dir():
        return wrong(f"没有文件夹 {folder}。请检查路径。")
    try:
        content = Path(options.file).read_bytes()
    except OSError as error:
        return wrong(f"无法读取 {options.file}（{error.strerror}）。请检查路径。")
    try:
        document = check_bytes(content, options.sha256)
        faults = [*check_parts(document), *check_grades(document)]
        faults += check_files(document, folder) if folder else []
        print("\n".join(told(document, hashlib.sha256(content).hexdigest())))
    except Altered as fault:
        return failed([str(fault)])
    except OSError as error:
        return wrong(f"无法读取 {error.filename}（{error.strerror}）。请检查权限。")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        return failed([f"文件的内容缺项或写法不对（{error!r}），不是本系统的申报原件。"])
    if faults:
        return failed(faults)
    print("核验通过：原件每个字节与提交时一致，各表和总体等级与各项指标的等级相符。")
    if folder is None and document["evidence"]:
        print("佐证材料文件没有核对。要核对，请加 --files 文件夹。")
    return 0


def wrong(text: str) -> int:
    """Say what was asked for wrongly; exit code 2."""
    print(text, file=sys.stderr)
    return 2


def failed(faults: Sequence[str]) -> int:
    """Say what does not agree; exit code 1."""
    for fault in faults[:MOST_SHOWN]:
        print(f"核验不通过：{fault}", file=sys.stderr)
    if len(faults) > MOST_SHOWN:
        print(f"另有 {len(faults) - MOST_SHOWN} 处。", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
