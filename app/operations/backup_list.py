"""The list of backups as asked for (备份清单): of one kind, in an order, as a workbook."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.kernel import clock
from app.kernel.spreadsheets.layout import Column
from app.operations.queries.backups import KINDS, Backup

HEADS = {"made": "时间", "size": "大小", "rows": "数据行", "files": "佐证材料"}
_ORDER: Mapping[str, Callable[[Backup], Any]] = {
    "made": lambda it: (it.made_at, it.name),
    "size": lambda it: (it.size, it.name),
    "rows": lambda it: (it.rows, it.name),
    "files": lambda it: (it.files, it.name),
}
COLUMNS = (
    Column("文件", 40), Column("时间", 18), Column("缘由", 10), Column("字节", 14, "number"),
    Column("数据行", 12, "number"), Column("佐证材料", 10, "number"),
    Column("缺失材料", 10, "number"), Column("审计记录", 10, "number"), Column("密钥", 8),
    Column("核对", 12), Column("核对时间", 18), Column("校验和（SHA-256）", 68),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for; anything else is as if it had not been asked."""

    kind: str
    sort: str
    falling: bool

    @staticmethod
    def of(asked: Mapping[str, str]) -> Wanted:
        """Out of the address; newest first unless it says otherwise."""
        kind, sort = asked.get("kind", ""), asked.get("sort", "")
        known = sort if sort in HEADS else "made"
        rises = asked.get("order") == "asc" and sort in HEADS
        return Wanted(kind if kind in KINDS else "", known, not rises)

    def among(self, backups: Sequence[Backup]) -> list[Backup]:
        """Those of the kind, in the order."""
        chosen = [it for it in backups if not self.kind or it.kind == self.kind]
        return sorted(chosen, key=_ORDER[self.sort], reverse=self.falling)


def cells(backup: Backup) -> list[Any]:
    """A row of the workbook."""
    if backup.problem:
        known: list[Any] = [None, None, None, None, "", f"无法读出：{backup.problem}", "", ""]
    else:
        finding = {None: "未核对", True: "完好", False: "损坏"}[backup.found_whole]
        at = clock.shown(backup.checked_at) if backup.checked_at else ""
        key = "含" if backup.key_included else "不含"
        known = [backup.rows, backup.files, backup.missing, backup.audit_entries, key]
        known += [finding, at, backup.sha256]
    return [backup.name, clock.shown(backup.made_at), backup.kind_words, backup.size, *known]
