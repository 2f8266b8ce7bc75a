"""What the audit log calls the acts and records of operations (审计日志用语)."""

ACTIONS = {
    "backup.made": "生成备份",
    "backup.asked": "要求立即备份",
    "backup.checked": "核对备份",
    "backup.check_asked": "要求核对备份",
    "backup.let_go": "按保留规则删除备份",
    "backup.failed": "自动备份未完成",
    "backup.well_again": "自动备份恢复正常",
    "backup.restored": "恢复备份",
    "database.move_begun": "开始迁往 PostgreSQL",
    "drill.asked": "要求恢复演练",
    "drill.done": "恢复演练",
    "drill.due": "提醒恢复演练",
    "health.asked": "要求全面检查",
    "health.checked": "系统检查",
    "job.repeated": "重做后台任务",
    "anchor.exported": "导出审计链尾",
}
OBJECTS = {
    "database": "数据库",
    "backup": "备份",
    "drill": "恢复演练",
    "health": "系统检查",
    "job": "后台任务",
    "anchor": "审计链尾",
}
