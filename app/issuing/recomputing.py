"""A list decided anew beside the one that was signed (重新判定的比对): pure.

Decisions are row, rank, clauses and facts; a difference there is told as one. Sentences, titles
and names that a newer program words otherwise are told as remarks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]
WORDING = frozenset({"text", "title", "shown", "source", "document_title", "industry", "note"})
"""Keys of a row, setting or reason that hold words, not decisions."""
ONLY_WORDS = {
    "conditions": "纳入条件的说明",
    "order": "排序依据的说明",
    "notes": "附注",
    "counties": "区县名称",
    "rulebooks": "规则集名称",
}


def compare_contents(signed: Json, fresh: Json) -> tuple[list[str], tuple[str, ...]]:
    """Differences of decision and remarks on wording, each as sentences."""
    differences: list[str] = []
    remarks: list[str] = []
    _rows(signed, fresh, differences, remarks)
    _head(signed["list"], fresh["list"], differences, remarks)
    for name, what, key in (
        ("plants", "厂区", ("plant_id",)),
        ("facts", "事实", ("plant_id", "fact")),
    ):
        _entries(signed[name], fresh[name], what, key, differences, remarks)
    _parameters(signed["parameters"], fresh["parameters"], differences, remarks)
    _rulebook(signed["rulebook"], fresh["rulebook"], differences, remarks)
    remarks += [
        f"{words}由新版程序改写。"
        for name, words in ONLY_WORDS.items()
        if signed.get(name) != fresh.get(name)
    ]
    return differences, tuple(remarks)


def _identity(row: Json) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in ("uscc", "plant", "project") if name in row)


def _called(row: Json) -> str:
    return " ".join(part for part in _identity(row) if part)


def _rows(signed: Json, fresh: Json, differences: list[str], remarks: list[str]) -> None:
    then = {_identity(row): (n, row) for n, row in enumerate(signed["list"]["rows"], start=1)}
    now = {_identity(row): (n, row) for n, row in enumerate(fresh["list"]["rows"], start=1)}
    reworded = 0
    for identity, (place, row) in then.items():
        if identity not in now:
            differences.append(f"第 {place} 行（{_called(row)}）：重新判定后没有这一行。")
            continue
        new_place, new = now[identity]
        if place != new_place:
            differences.append(f"第 {place} 行（{_called(row)}）：重新判定后在第 {new_place} 行。")
        for path, was, becomes, is_wording in walk(row, new):
            if is_wording:
                reworded += 1
            else:
                differences.append(
                    f"第 {place} 行（{_called(row)}）{path}：签发时为 {was}，重新判定为 {becomes}。"
                )
    differences += [
        f"重新判定后多出一行（{_called(row)}，第 {place} 行）。"
        for identity, (place, row) in now.items()
        if identity not in then
    ]
    if reworded:
        remarks.append(f"有 {reworded} 处文字由新版程序改写，判定不变。")


def walk(was: object, becomes: object, path: str = "") -> Iterator[tuple[str, str, str, bool]]:
    """Every place at which two JSON values differ; whether only words do."""
    if isinstance(was, Mapping) and isinstance(becomes, Mapping):
        for name in dict.fromkeys((*was, *becomes)):
            for found in walk(was.get(name), becomes.get(name), f"{path}.{name}" if path else name):
                yield (*found[:3], found[3] or name in WORDING)
    elif isinstance(was, list) and isinstance(becomes, list) and len(was) == len(becomes):
        for place, (old, new) in enumerate(zip(was, becomes, strict=True), start=1):
            yield from walk(old, new, f"{path}[{place}]")
    elif was != becomes:
        yield path, _shown(was), _shown(becomes), False


def _shown(value: object) -> str:
    if value is None:
        return "空"
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value)


def _head(was: Json, becomes: Json, differences: list[str], remarks: list[str]) -> None:
    for name in dict.fromkeys((*was, *becomes)):
        if name in ("rows", "sha256", "known_at") or was.get(name) == becomes.get(name):
            continue
        sentence = f"清单的 {name}：签发时为 {was.get(name)}，重新计算为 {becomes.get(name)}。"
        is_wording = name in ("title", "rulebook_status")
        (remarks if is_wording else differences).append(sentence)


def _entries(
    was: Sequence[Json],
    becomes: Sequence[Json],
    what: str,
    key: tuple[str, ...],
    differences: list[str],
    remarks: list[str],
) -> None:
    """Facts or plants, matched by their ids."""
    then = {tuple(it[name] for name in key): it for it in was}
    now = {tuple(it[name] for name in key): it for it in becomes}
    for name, entry in then.items():
        told = " ".join(map(str, name))
        if name not in now:
            differences.append(f"{what} {told}：重新读取时没有。")
            continue
        for path, old, new, is_wording in walk(entry, now[name]):
            target = remarks if is_wording and what == "厂区" else differences
            target.append(f"{what} {told} 的 {path}：签发时为 {old}，现读为 {new}。")
    differences += [
        f"{what} {' '.join(map(str, name))}：签发时没有。" for name in now if name not in then
    ]


def _parameters(
    was: Sequence[Json], becomes: Sequence[Json], differences: list[str], remarks: list[str]
) -> None:
    now = {(it["id"], it["county"]): it for it in becomes}
    for entry in was:
        found = now.get((entry["id"], entry["county"]))
        if found is None:
            remarks.append(f"设定 {entry['id']} 在新版程序中不再读取。")
        elif found["value"] != entry["value"]:
            differences.append(
                f"设定 {entry['id']}：签发时为 {entry['shown']}，按当时所知重新读取为 "
                f"{found['shown']}。"
            )
        elif found != entry:
            remarks.append(f"设定 {entry['id']} 的说明由新版程序改写。")


def _rulebook(was: Json, becomes: Json, differences: list[str], remarks: list[str]) -> None:
    if was["id"] != becomes["id"]:
        differences.append(f"规则集：签发时为 {was['id']}，重新计算为 {becomes['id']}。")
    elif was != becomes:
        remarks.append("规则集的名称、文号或状态由新版程序更新。")
