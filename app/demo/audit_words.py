"""What the audit log calls the acts and records of the demo (审计日志用语)."""

ACTIONS = {
    "demo.loaded": "载入示例数据",
}
OBJECTS = {
    "demo": "示例数据",
}
