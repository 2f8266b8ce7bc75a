"""What the audit log calls the acts and records of indicator tables (审计日志用语)."""

ACTIONS = {
    "indicators.kept": "保存指标表版本",
    "indicators.opened": "新建指标表",
    "indicators.ruled": "施行或停用指标表",
    "indicators.withdrawn": "撤销指标表的施行",
}
OBJECTS = {
    "indicators": "指标表",
}
