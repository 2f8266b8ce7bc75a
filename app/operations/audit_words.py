"""What the audit log calls the acts of operations."""

from __future__ import annotations

ACTIONS = {
    "backup.made": "生成备份",
    "backup.restored": "恢复备份",
}
OBJECTS = {
    "backup": "备份",
}
