"""What the audit log calls acts and kinds of record (审计日志用语).

Each stage names its own in its ``audit_words.py``; an act nobody named shows its id.
"""

from __future__ import annotations

from collections.abc import Mapping

ACTIONS: dict[str, str] = {
    "access.refused": "越权或无效访问",
    "export.fetched": "下载文件",
    "export.made": "生成导出文件",
}
OBJECTS: dict[str, str] = {
    "address": "地址",
    "download": "导出文件",
}


def name(actions: Mapping[str, str], objects: Mapping[str, str]) -> None:
    """Take a stage's words into the log's vocabulary; done once, when the app is put together."""
    ACTIONS.update(actions)
    OBJECTS.update(objects)


def action_word(action: str) -> str:
    """What an act is called."""
    return ACTIONS.get(action, action)


def object_word(kind: str) -> str:
    """What a kind of record is called."""
    return OBJECTS.get(kind, kind)
