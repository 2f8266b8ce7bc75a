"""What the audit log calls the acts and records of the rulebook (审计日志用语)."""

ACTIONS = {
    "rulebook.edited": "修改规则库",
}
OBJECTS = {
    "rulebook": "规则库",
}
