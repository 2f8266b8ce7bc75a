"""What the audit log calls the acts of operations."""

from __future__ import annotations

ACTIONS = {
    "backup.made": "生成备份",
    "backup.restored": "恢复备份",
    "database.move_begun": "开始迁往 PostgreSQL",
}
OBJECTS = {
    "backup": "备份",
    "database": "数据库",
}
