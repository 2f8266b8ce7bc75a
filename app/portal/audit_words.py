"""What the audit log calls the acts and records of the portal (审计日志用语)."""

ACTIONS = {
    "calendar.recorded": "载入工作日历",
    "register.exported": "导出企业台账",
}
OBJECTS = {
    "calendar": "工作日历",
    "register": "企业台账",
}
