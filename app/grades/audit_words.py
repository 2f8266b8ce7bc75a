"""What the audit log calls the acts and records of grades (审计日志用语)."""

ACTIONS = {
    "standings.rebuilt": "重算等级区间",
}
OBJECTS = {
    "settings": "设置",
}
