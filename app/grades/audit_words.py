"""What the audit log calls the acts and records of grades (审计日志用语)."""

ACTIONS = {
    "standings.rebuild_begun": "开始重算等级区间",
    "standings.rebuilt": "重算等级区间",
}
OBJECTS = {
    "settings": "设置",
}
