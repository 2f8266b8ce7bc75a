"""A change of 规则库 in words (修改内容): its title, and field by field what it says (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.rulebook.changes import Change, Ground, shown_value
from app.rulebook.edits import ACT_WORDS, Edit
from app.rulebook.parameters import UnknownEntry

CITY = "全市"


def title_of(change: Change, ground: Ground) -> str:
    """What a proposal is called in lists: 行业更名：铸造 → 铸造及热处理."""
    name = _subject(change, ground)
    if change.act == "set":
        act = "更正参数" if change.replaces is not None else "修改参数"
        return f"{act}：{name}"
    return f"{ACT_WORDS[change.act]}：{name}"


def told_change(change: Change, ground: Ground, was: str | None = None) -> list[tuple[str, str]]:
    """Label and value of everything the change says, as a person reads it.

    ``was``: the value before it as kept with a proposal; None: as it is now.
    """
    rows = [("对象", _subject(change, ground))]
    if was := was_before(change, ground) if was is None else was:
        rows.append(("原值", was))
    rows += _content(change.act, change.content or {}, change, ground)
    if change.replaces is not None:
        before = next((it for it in ground.edits if it.id == change.replaces), None)
        label = "作废" if change.act == "withdraw" else "取代"
        rows.append(
            (label, told_edit(before, ground) if before else f"第 {change.replaces} 次修改")
        )
    if change.act != "withdraw":
        rows.append(("生效日期", f"{change.from_on}"))
    rows.append(("理由", change.reason))
    rows.append(("文件", change.document or "未填写"))
    return rows


def was_before(change: Change, ground: Ground) -> str:
    """The value that would rule on the effective day without the change; empty for industries."""
    if change.act != "set" or change.subject not in ground.parameters.histories:
        return ""
    value = ground.parameters.on(change.subject, change.from_on, change.county or None)
    whose = "" if value.county == (change.county or None) else "，全市的值"
    return f"{value.shown}（{value.status}{whose}）"


def told_edit(edit: Edit, ground: Ground) -> str:
    """An edit on record in one line: 2026-01-01 起，新值：36 个月."""
    change = Change(edit.act, edit.subject, edit.from_on, edit.reason, county=edit.county)
    said = "，".join(f"{label}：{value}" for label, value in
                    _content(edit.act, edit.said, change, ground) if value)  # fmt: skip
    return f"{edit.from_on} 起，{said or ACT_WORDS[edit.act]}"


def _subject(change: Change, ground: Ground) -> str:
    if change.subject in ground.parameters.histories:
        return ground.parameters.history(change.subject)[0].title
    try:
        return ground.catalogue.by_id(change.subject).name
    except UnknownEntry:
        return str((change.content or {}).get("name", change.subject))


def _content(
    act: str, said: Mapping[str, Any], change: Change, ground: Ground
) -> Iterator[tuple[str, str]]:
    if act == "set" and change.subject in ground.parameters.histories:
        pattern = ground.parameters.history(change.subject)[0]
        yield "范围", ground.counties.get(change.county, change.county) or CITY
        yield "新值", shown_value(pattern, said.get("value"))
    for key, label in _LABELS.items():
        if key in said:
            value = said[key]
            yield label, "、".join(value) if isinstance(value, list | tuple) else f"{value or ''}"
    if "rulebook" in said:
        titles = {info.id: info.short_title for info in ground.rulebooks}
        scheme = ground.schemes.get(said["scheme"] or "")
        yield "规则集", titles.get(said["rulebook"], said["rulebook"])
        yield "等级方案", scheme.title if scheme else "未知"
        yield "核实情况", said["confidence"]
        yield "来源", said["source"]


_LABELS = {
    "name": "名称",
    "number": "序号",
    "subtype": "子类",
    "aliases": "别名",
    "codes": "行业代码",
}
