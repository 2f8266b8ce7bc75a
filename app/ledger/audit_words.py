"""What the audit log calls the acts and records of the ledger (审计日志用语)."""

ACTIONS = {
    "ledger.checked": "核对台账",
    "ledger.confirmed": "确认导入台账",
    "ledger.dropped": "放弃导入台账",
    "ledger.failed": "台账导入未完成",
    "ledger.imported": "导入台账",
    "ledger.outdated": "台账核对结果已过时",
    "ledger.rechecked": "重新核对台账",
    "ledger.uploaded": "上传台账",
}
OBJECTS = {
    "ledger_import": "台账导入",
}
