#!/usr/bin/env python3
"""Checks a downloaded list (签发的清单) by itself: no app, no database, no network.

Python 3.8 or newer, standard library only. Every byte of the file is covered by its hash; what the
rows say of ranks, reasons and recorded facts is reckoned again as far as the file tells it.

    python3 verify_list.py 清单.json [--sha256 签发文件上的校验值]

Exit 0: agrees. 1: does not. 2: wrong use.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

Json = Any
"""What a file holds; nothing of it is believed before it is checked."""

GRADE, VIOLATIONS, HELD = "等级由", "近 36 个月违法行为由少到多", "等级保持起始日由早到晚"
PLAN_BLOCK = {
    "未依法环评",
    "未取得排污许可证",
    "超许可浓度或总量",
    "逃避监管排放",
    "未按规定安装使用自动监测",
}
KEYS = ["issue", "content", "content_sha256", "sha256"]
MOST_SHOWN = 20


class Altered(Exception):
    """The file is not what was issued; the text says where it shows."""


def written(value: Json) -> bytes:
    """The one way in which a value is written: compact, UTF-8, keys in the order they stand."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def sha256(content: bytes) -> str:
    """The SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def without(mapping: Json, *names: str) -> dict[str, Json]:
    """The mapping without some keys, the others in their order."""
    return {key: value for key, value in mapping.items() if key not in names}


def check_bytes(content: bytes) -> Json:
    """The file as it was issued: canonical to the byte, and bearing its own hash."""
    try:
        file = json.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Altered(f"文件无法解析，已被改动或不完整（{error}）。") from error
    if not isinstance(file, dict) or list(file) != KEYS:
        raise Altered("文件的组成与签发的清单不同，已被改动或不是签发的清单。")
    try:
        again = written(file)
    except UnicodeEncodeError as error:
        raise Altered("文件含有无法编码的字符，已被改动。") from error
    if again != content:
        raise Altered("文件的字节与规范写法不同，已被改动。")
    if sha256(written(without(file, "sha256"))) != file["sha256"]:
        raise Altered("文件的校验值与内容不符，已被改动。")
    if sha256(written(file["content"])) != file["content_sha256"]:
        raise Altered("清单内容与内容摘要不符，已被改动。")
    document = file["content"]["list"]
    if sha256(written(without(document, "known_at", "sha256"))) != document["sha256"]:
        raise Altered("清单本身的校验值与各行不符，已被改动。")
    return file


def check_parts(file: Json) -> Iterator[str]:
    """What the head of the file and the list say of each other."""
    issue, document = file["issue"], file["content"]["list"]
    for name, words in (("as_of", "截至日期"), ("known_at", "所知时间")):
        if issue[name] != document[name]:
            yield f"签发部分与清单部分的{words}不一致。"
    if len(file["content"]["plants"]) != len(document["rows"]):
        yield "清单的行数与所列厂区数不一致。"
    pairs = zip(document["rows"], file["content"]["plants"])  # noqa: B905 - Python 3.8 has no strict
    for place, (row, plant) in enumerate(pairs, 1):
        if (row["uscc"], row["plant"]) != (plant["uscc"], plant["plant"]):
            yield f"第 {place} 行与所列厂区不一致。"


def check_rows(file: Json) -> Iterator[str]:
    """Ranks, conclusions and order of a measure, as far as the rows tell them."""
    content = file["content"]
    if file["issue"]["kind"] != "measure":
        return
    rows, is_whole = content["list"]["rows"], file["issue"]["county"] is None
    admitted = [row for row in rows if row["admitted"]]
    if rows[: len(admitted)] != admitted:
        yield "纳入的行没有排在前面。"
    ranks = [row["rank"] for row in admitted]
    if is_whole and ranks != list(range(1, len(ranks) + 1)):
        yield "位次不是从 1 起连续的。"
    if ranks != sorted(set(ranks)):
        yield "位次没有按次序排列。"
    for place, row in enumerate(rows, 1):
        if row["admitted"] != all(reason["met"] for reason in row["reasons"]):
            yield f"第 {place} 行：是否纳入与各项理由不一致。"
        if row["admitted"] != (row["rank"] is not None):
            yield f"第 {place} 行：是否纳入与位次不一致。"
    yield from check_order(content, admitted)
    others = [(row["uscc"], row["plant"]) for row in rows[len(admitted) :]]
    if others != sorted(others):
        yield "未纳入的行没有按代码排列。"


def check_order(content: Json, admitted: Sequence[Json]) -> Iterator[str]:
    """Each admitted row stands behind the one before it by the criteria that are printed."""
    keys = order_keys(content)
    for place in range(1, len(admitted)):
        before, behind = admitted[place - 1], admitted[place]
        if [key(before) for key in keys] > [key(behind) for key in keys]:
            yield f"第 {place} 行与第 {place + 1} 行的先后与所列排序依据不一致。"


def order_keys(content: Json) -> list[Callable[[Json], Any]]:
    """The criteria that the file itself tells; further ones of a plugin end the check there."""
    ranks = grade_ranks(content)
    keys: list[Callable[[Json], Any]] = []
    for title in content["order"]:
        if title.startswith(GRADE) and ranks:
            sign = -1 if title.startswith("等级由低到高") else 1
            keys.append(partial(_by_grade, ranks, sign))
        elif title == VIOLATIONS:
            keys.append(lambda row: row["facts"]["violations_36m"])
        elif title == HELD:
            keys.append(lambda row: row["facts"]["held_since"] or "9999-99-99")
        elif title.startswith("统一社会信用代码"):
            keys.append(lambda row: row["uscc"])
        elif title.startswith("厂区编号"):
            keys.append(lambda row: row["plant"])
        else:
            return keys
    return keys


def _by_grade(ranks: dict[str | None, int], sign: int, row: Json) -> int:
    return sign * ranks[row["grade"]]


def grade_ranks(content: Json) -> dict[str | None, int]:
    """Each grade's place in the order of grades in the file, the best 0; ungraded last."""
    for setting in content["parameters"]:
        if setting["id"] == "grade.order":
            ranks: dict[str | None, int] = {
                grade.strip(): place
                for place, tier in enumerate(setting["value"])
                for grade in tier.split("=")
            }
            ranks[None] = len(setting["value"])
            return ranks
    return {}


def check_facts(file: Json) -> Iterator[str]:
    """The violations of each row, counted again from the facts in the file."""
    content, on = file["content"], date.fromisoformat(file["issue"]["as_of"])
    settings = {it["id"]: it["value"] for it in content["parameters"] if it["county"] is None}
    if file["issue"]["kind"] != "measure" or "violations.window_months" not in settings:
        return
    kinds = set(PLAN_BLOCK) | ({"其他"} if settings.get("block.other_kinds") else set())
    by_plant: dict[int, list[Json]] = {}
    for fact in content["facts"]:
        if fact["fact"].startswith("violation:") and counts(fact, on, kinds):
            by_plant.setdefault(fact["plant_id"], []).append(fact)
    first = months_before(on, settings["violations.window_months"])
    basis = str(settings.get("violation_year_basis"))
    pairs = zip(content["list"]["rows"], content["plants"])  # noqa: B905 - the same
    for place, (row, plant) in enumerate(pairs, 1):
        own = by_plant.get(plant["plant_id"], [])
        recent = sum(
            fact["kind"] in kinds and date.fromisoformat(fact["decided_on"]) > first for fact in own
        )
        if recent != row["facts"]["violations_36m"]:
            yield f"第 {place} 行：违法行为件数与所附事实不一致。"
        if any(year_of(fact, basis) == on.year for fact in own) != row["facts"]["blocked"]:
            yield f"第 {place} 行：当年是否受限与所附事实不一致。"


def counts(fact: Json, on: date, kinds: set[str]) -> bool:
    """Whether a violation is seen from the day: decided by then, not withdrawn by then.

    One of another kind that the head marked (barring_reason) bars filing; ``violations_36m`` counts
    the law's kinds only.
    """
    gone = fact["withdrawn_on"]
    barring = fact["kind"] in kinds or bool(fact["barring_reason"])
    decided = date.fromisoformat(fact["decided_on"]) <= on
    return barring and decided and not (gone and date.fromisoformat(gone) <= on)


def year_of(fact: Json, basis: str) -> int:
    """The calendar year a violation belongs to."""
    day = fact["acted_on"] if basis == "acted" and fact["acted_on"] else fact["decided_on"]
    return date.fromisoformat(day).year


def months_before(day: date, months: int) -> date:
    """The corresponding day so many months earlier, the last of the month where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise ValueError(day)


def told(file: Json) -> list[str]:
    """What the file says of itself, to be held against the signed paper."""
    issue, document = file["issue"], file["content"]["list"]
    rulebook = file["content"]["rulebook"]
    scope = issue["county"]
    admitted = sum(bool(row.get("admitted")) for row in document["rows"])
    return [
        "名称：{}{}".format(issue["title"], f"（{scope}）" if scope else ""),
        "编号：{}".format(issue["id"]),
        "文号：{}".format(issue["number"]),
        "截至日期：{}；按 {} 所知".format(issue["as_of"], issue["known_at"]),
        "规则集：{}（{}）".format(rulebook["title"], rulebook["status"]),
        "起草：{}；复核：{}；签发：{}".format(
            issue["made_by"], issue["checked_by"], issue["signed_by"]
        ),
        "签发日期：{}；施行日期：{}".format(issue["signed_on"], issue["effective_on"]),
        "行数：{}；纳入：{}".format(len(document["rows"]), admitted),
        "校验值（SHA-256）：{}".format(file["sha256"]),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one file; returns the exit code."""
    parser = argparse.ArgumentParser(description="核验下载的签发清单（JSON 原件）。")
    parser.add_argument("file", metavar="FILE", help="从系统下载的清单原件。")
    parser.add_argument("--sha256", metavar="HEX", help="纸质清单上的校验值，核对是否相同。")
    options = parser.parse_args(arguments)
    try:
        content = Path(options.file).read_bytes()
    except OSError as error:
        print(f"无法读取 {options.file}（{error.strerror}）。请检查路径。", file=sys.stderr)
        return 2
    try:
        file = check_bytes(content)
        faults = [*check_parts(file), *check_rows(file), *check_facts(file)]
    except Altered as fault:
        return failed([str(fault)])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return failed([f"文件的内容缺项或写法不对（{error!r}），不是本系统签发的清单。"])
    if options.sha256 and options.sha256.strip().lower() != file["sha256"]:
        faults.append("文件的校验值与所给的校验值不同，不是同一份清单。")
    print("\n".join(told(file)))
    if faults:
        return failed(faults)
    print("核验通过：文件每个字节与签发时一致。请将上面的校验值与纸质清单核对。")
    return 0


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
