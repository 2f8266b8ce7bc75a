"""The life of an uploaded workbook (导入流程), as a table."""

from __future__ import annotations

from app.kernel.authority import Permission
from app.kernel.workflow import Step, Workflow

CHECKING, REFUSED, READY, WRITING, WRITTEN, UNREADABLE, DROPPED = (
    "checking", "refused", "ready", "writing", "written", "unreadable", "dropped"
)  # fmt: skip

_MAY = Permission.LEDGER_IMPORT

LEDGER_IMPORT = Workflow(
    "ledger_import",
    {
        CHECKING: "正在核对",
        REFUSED: "有错误，待修改",
        READY: "待确认",
        WRITING: "正在写入",
        WRITTEN: "已写入",
        UNREADABLE: "无法读取",
        DROPPED: "已放弃",
    },
    (
        Step(CHECKING, "accept", "核对通过", READY, None),
        Step(CHECKING, "refuse", "发现错误", REFUSED, None),
        Step(CHECKING, "reject", "无法读取", UNREADABLE, None),
        Step(CHECKING, "recheck", "重新核对", CHECKING, _MAY),
        Step(CHECKING, "drop", "放弃", DROPPED, _MAY),
        Step(REFUSED, "recheck", "重新核对", CHECKING, _MAY),
        Step(REFUSED, "drop", "放弃", DROPPED, _MAY),
        Step(UNREADABLE, "recheck", "重新核对", CHECKING, _MAY),
        Step(UNREADABLE, "drop", "放弃", DROPPED, _MAY),
        Step(READY, "confirm", "确认写入", WRITING, _MAY),
        Step(READY, "recheck", "重新核对", CHECKING, _MAY),
        Step(READY, "drop", "放弃", DROPPED, _MAY),
        Step(WRITING, "finish", "写入完成", WRITTEN, None),
        Step(WRITING, "outdated", "登记簿已变化，重新核对", CHECKING, None),
        Step(WRITING, "fail", "写入失败", READY, None),
        Step(WRITING, "recheck", "重新核对", CHECKING, _MAY),
        Step(WRITING, "drop", "放弃", DROPPED, _MAY),
    ),
)

WHILE_RUNNING = {(CHECKING, "recheck"), (WRITING, "recheck"), (WRITING, "drop")}
"""Only when the background work has given up: before that the record is in its hands."""
