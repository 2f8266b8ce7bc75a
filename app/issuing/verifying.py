"""Whether a list still is what was signed, and would be decided so again (核验)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.issuing.content import sha256_of
from app.issuing.domain import State
from app.issuing.queries import BytesDiffer, ListView, frozen_bytes, rows_of
from app.issuing.queries.trail import ends_in_trail, rows_digest_in_trail, signed_in_trail
from app.issuing.reading import row_of, rows_digest
from app.issuing.recomputing import compare_contents
from app.issuing.subjects import UnknownSpec, subject_of
from app.kernel import audit
from app.policy.documents import as_json, digest, moment_in_utc

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading altered bytes may come to."""
MOST_TOLD = 50
"""So many differences are told one by one; of the others the number."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What the check found (核验结果)."""

    differences: tuple[str, ...]
    """What is not as it was signed, sentence by sentence; empty: everything agrees."""
    remarks: tuple[str, ...]
    """What is worth saying and changes nothing: wording of a newer program."""
    checked: tuple[str, ...]
    """What was compared, in words."""

    @property
    def agrees(self) -> bool:
        """Whether bytes, chain and decisions agree."""
        return not self.differences

    @property
    def told(self) -> tuple[str, ...]:
        """The differences as they are listed: the first ones, then how many more there are."""
        more = len(self.differences) - MOST_TOLD
        tail = (f"另有 {more} 处不同。",) if more > 0 else ()
        return (*self.differences[:MOST_TOLD], *tail)


def verify(view: ListView) -> Verification:
    """Check bytes, audit chain and frozen lines, and decide everything anew as known then."""
    try:
        file = frozen_bytes(view.file_sha256 or "")
        content = frozen_bytes(view.content_sha256)
    except BytesDiffer as fault:
        return Verification((str(fault), *_chain(view)), (), ("签发文件的字节", "审计链"))
    try:
        parsed = json.loads(content)
        differences = [*file_faults(view, file, content), *_chain(view), *_lines(view, parsed)]
        found, remarks = _recomputed(view, parsed)
    except UNREADABLE:
        told = "冻结的内容或登记的各行无法解析，已被改动。"
        return Verification((told, *_chain(view)), (), ("签发文件的字节", "审计链"))
    return Verification(
        (*differences, *found),
        remarks,
        ("签发文件逐字节", "审计链及签发记录", "登记的各行", "按当时所知重新判定的各行"),
    )


def file_faults(view: ListView, file: bytes, content: bytes) -> list[str]:
    """Where the issued file is not canonical, not sealed, or not what the register says."""
    try:
        return list(_file(view, file, content))
    except UNREADABLE:
        return ["签发文件无法解析，已被改动或不完整。"]


def _file(view: ListView, file: bytes, content: bytes) -> Iterator[str]:
    """Whether the issued file is canonical, carries its hashes, and says what the row says."""
    parsed = json.loads(file)
    if as_json(parsed) != file:
        yield "签发文件不是规范的字节序列。"
    unsealed = {key: value for key, value in parsed.items() if key != "sha256"}
    if not sha256_of(as_json(unsealed)) == parsed.get("sha256") == view.sha256:
        yield "签发文件的校验值与其内容或签发登记不符。"
    if as_json(parsed["content"]) != content or parsed["content_sha256"] != view.content_sha256:
        yield "签发文件中的内容与复核时冻结的内容不符。"
    if digest(parsed["content"]["list"]) != view.list_sha256:
        yield "清单本身的校验值与签发登记不符。"
    yield from _issue(view, parsed["issue"])
    yield from _basis(view, parsed["content"])


def _issue(view: ListView, issue: Mapping[str, Any]) -> Iterator[str]:
    """Whether the register of lists still says what the file says."""
    registered = {
        "编号": (view.id, issue["id"]),
        "种类": ((view.subject, view.spec), (issue["kind"], issue["spec"])),
        "名称": (view.title, issue["title"]),
        "文号": (view.number, issue["number"]),
        "区县": (view.county or None, issue["county"]),
        "截至日期": (view.as_of.isoformat(), issue["as_of"]),
        "所知时间": (moment_in_utc(view.known_at), issue["known_at"]),
        "签发日期": (str(view.signed_on), issue["signed_on"]),
        "施行日期": (str(view.effective_on), issue["effective_on"]),
        "起草人": (view.made_by_name, issue["made_by"]),
        "复核人": (view.checked_by_name, issue["checked_by"]),
        "签发人": (view.signed_by_name, issue["signed_by"]),
    }
    for label, (held, signed) in registered.items():
        if held != signed:
            yield f"登记的{label}“{held}”与签发文件中的“{signed}”不符。"


def _basis(view: ListView, content: Mapping[str, Any]) -> Iterator[str]:
    """Whether what is registered of the content beside it is what stands in it."""
    rulebook = content["rulebook"]
    registered = {
        "规则集": ((view.rulebook, view.rulebook_status), (rulebook["id"], rulebook["status"])),
        "纳入条件": (view.conditions, tuple(it["text"] for it in content["conditions"])),
        "行数": (view.rows, len(content["list"]["rows"])),
    }
    for label, (held, signed) in registered.items():
        if held != signed:
            yield f"登记的{label}与签发文件不符。"


def _chain(view: ListView) -> Iterator[str]:
    """Whether the chain is whole and its entry of the signature bears the same hashes."""
    check = audit.verify()
    if check.broken_at is not None:
        yield f"审计链在第 {check.broken_at} 条断裂：{check.problem}。"
    entry = signed_in_trail(view.id)
    if entry is None:
        yield "审计链中没有这份清单的签发记录。"
        return
    for label, held in (
        ("校验值", view.sha256),
        ("文件摘要", view.file_sha256),
        ("内容摘要", view.content_sha256),
        ("文号", view.number),
    ):
        if entry.get(label) != held:
            yield f"登记的{label}与审计链中的签发记录不符。"
    ended = {view.state} - {State.IN_FORCE}
    if ended != ends_in_trail(view.id):
        yield f"登记的状态“{view.state.words}”与审计链中的记录不符。"


def _lines(view: ListView, content: Mapping[str, Any]) -> Iterator[str]:
    """Whether the lines kept for pages are those that were drafted, and those of the bytes.

    Held against the digest in the chain, so that words of a newer program alarm nobody.
    """
    held, drafted = rows_of(view.id), rows_digest_in_trail(view.id)
    if drafted is not None and rows_digest(held) == drafted:
        return
    try:
        lines = subject_of(view.subject).lines(content)
    except UnknownSpec:
        lines = ()
    made = [row_of(position, line) for position, line in enumerate(lines, start=1)]
    if drafted is not None:
        yield "登记的各行与审计链中的起草记录不符。"
    if len(held) != len(made):
        yield f"登记有 {len(held)} 行，签发文件中有 {len(made)} 行。"
    for line, kept, signed in zip(lines, held, made, strict=False):
        if kept != signed:
            yield f"登记的第 {signed['position']} 行（{line.who}）与签发文件不符。"


def _recomputed(
    view: ListView, content: Mapping[str, Any]
) -> tuple[Sequence[str], tuple[str, ...]]:
    """What would be decided otherwise by what was known then, and what is only worded so."""
    try:
        subject = subject_of(view.subject)
    except UnknownSpec as unknown:
        return [f"不能重新判定：{unknown}"], ()
    try:
        fresh = subject.compute(view.question)
    except subject.all_faults as fault:
        return [f"不能重新判定：{fault}"], ()
    return compare_contents(content, json.loads(as_json(fresh)))
