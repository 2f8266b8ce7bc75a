#!/usr/bin/env python3
"""Checks a submitted filing (申报版本) by itself: no app, no database, no network.

Python 3.8 or newer, standard library only. The hash printed on every page of the copy of record
(存证件) covers every byte of the original (JSON); the files are held against the hashes in it, and
the 短板 of each table and the overall grade follow from the grades of the rows that it states. How
a row is judged is the program's rule on the day and not held against what was frozen under it.

    python3 verify_filing.py 下载的压缩包.zip或解压后的文件夹 --sha256 存证件上的校验值
    python3 verify_filing.py 申报原件.json --sha256 存证件上的校验值 [--files 佐证材料文件夹]

Exit 0: agrees. 1: does not. 2: wrong use.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import sys
import zipfile
import zlib
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
BESIDE = re.compile(
    r"(?:申报存证件|承诺书|申请表|申报回执)_[^/]*\.pdf|(?:说明|缺少的材料)\.txt|verify_filing\.py"
)
"""What else lies in a download."""
OF_SYSTEM = {"Thumbs.db", "desktop.ini", ".DS_Store"}
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)
LARGEST = 256 << 20
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


class Held:
    """A file of the folder or of the zip: its path there, its size and the hash of its content."""

    def __init__(self, path: str, size: int, file: Any) -> None:
        self.path, self.size = path, size
        self.name = path.rsplit("/", 1)[-1]
        digest = hashlib.sha256()
        for chunk in iter(lambda: file.read(CHUNK), b""):
            digest.update(chunk)
        self.sha256 = digest.hexdigest()


def files_in(folder: Path) -> list[Held]:
    """Every file of a folder, read piece by piece."""
    held = []
    for path in sorted(it for it in folder.rglob("*") if it.is_file() and it.name not in OF_SYSTEM):
        with path.open("rb") as file:
            held.append(Held(path.relative_to(folder).as_posix(), path.stat().st_size, file))
    return held


def files_of_zip(package: zipfile.ZipFile) -> list[Held]:
    """Every file of a zip, read piece by piece; nothing is unpacked to disk."""
    held = []
    for entry in (it for it in package.infolist() if not it.is_dir()):
        try:
            with package.open(entry) as file:
                held.append(Held(entry.filename, entry.file_size, file))
        except DAMAGED as error:
            raise Altered(f"压缩包已损坏，{entry.filename} 读不出来（{error}）。") from error
    return held


def original_in(held: list[Held], sha256: str) -> str:
    """Where the original lies: the file of that hash, else what is named like one."""
    named = [it for it in held if it.name.startswith("申报原件") and it.name.endswith(".json")]
    found = [it for it in named if it.sha256 == sha256.strip().lower()] or named
    if not found:
        raise Altered("没有找到申报原件（JSON）。")
    if found[0].size > LARGEST:
        raise Altered("申报原件过大，不是本系统的。")
    return found[0].path


def check_files(document: Json, held: list[Held]) -> Iterator[str]:
    """Every listed file is there, byte for byte, whatever it is called, and nothing else."""
    there = {it.sha256: it for it in held}
    listed = {file["sha256"] for file in document["evidence"]}
    others = [it for it in held if it.sha256 not in listed]
    for file in document["evidence"]:
        words = "佐证材料 {}（{}）".format(file["no"], file["name"])
        found = there.get(file["sha256"])
        if found is None:
            start, end = "{:03d}_".format(file["no"]), file["name"]
            altered = [it for it in others if it.name.startswith(start) or it.name.endswith(end)]
            others = [it for it in others if it not in altered]
            yield words + (f"的内容已被改动：{altered[0].path}。" if altered else "缺少。")
        elif found.size != file["size"]:
            yield words + "的大小与清单不同。"
    for it in others:
        if "材料/" in it.path or not BESIDE.fullmatch(it.name):
            yield f"多出的文件，不在佐证材料清单中：{it.path}。"


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


def opened(path: Path, sha256: str) -> tuple[bytes, list[Held] | None]:
    """The original, and the files that came with it; None for an original by itself."""
    if path.is_dir():
        held = files_in(path)
        return (path / original_in(held, sha256)).read_bytes(), held
    with path.open("rb") as file:
        is_zip = file.read(2) == b"PK"
    if not is_zip:
        return path.read_bytes(), None
    try:
        with zipfile.ZipFile(path) as package:
            held = files_of_zip(package)
            return package.read(original_in(held, sha256)), held
    except DAMAGED as error:
        raise Altered(f"压缩包已损坏或不完整（{error}）。请重新下载。") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one submission; returns the exit code."""
    parser = argparse.ArgumentParser(description="核验下载的申报（全部文件，或原件和佐证材料）。")
    parser.add_argument(
        "file", metavar="FILE", help="“下载全部”的压缩包、解压后的文件夹，或申报原件（JSON）。"
    )
    parser.add_argument("--sha256", metavar="HEX", required=True, help="存证件或回执上的校验值。")
    parser.add_argument("--files", metavar="DIR", help="另存佐证材料的文件夹，核对每个文件。")
    options = parser.parse_args(arguments)
    folder = Path(options.files) if options.files else None
    if folder is not None and not folder.is_dir():
        return wrong(f"没有文件夹 {folder}。请检查路径。")
    try:
        return checked(Path(options.file), options.sha256, folder)
    except Altered as fault:
        return failed([str(fault)])
    except OSError as error:
        where = error.filename or options.file
        return wrong(f"无法读取 {where}（{error.strerror}）。请检查路径和权限。")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        return failed([f"文件的内容缺项或写法不对（{error!r}），不是本系统的申报原件。"])


def checked(path: Path, sha256: str, folder: Path | None) -> int:
    """Check what is at the path, and the materials of a folder; returns the exit code."""
    content, held = opened(path, sha256)
    document, own = check_bytes(content, sha256), hashlib.sha256(content).hexdigest()
    faults = [*check_parts(document), *check_grades(document)]
    for files in (held, files_in(folder) if folder else None):
        if files is not None:
            faults += check_files(document, [it for it in files if it.sha256 != own])
    print("\n".join(told(document, own)))
    if faults:
        return failed(faults)
    print("核验通过：原件每个字节与提交时一致，各表和总体等级与各项指标的等级相符。")
    if held is not None or folder is not None:
        print("佐证材料 {} 个文件与清单逐一相符，没有多出的。".format(len(document["evidence"])))
    elif document["evidence"]:
        print("佐证材料文件没有核对。要核对，请给出全部文件的压缩包，或加 --files 文件夹。")
    if held is not None:
        print("存证件、申请表、承诺书和回执（PDF）由原件生成，未逐字核对，内容以原件为准。")
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name may hold what a console cannot show
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main())
