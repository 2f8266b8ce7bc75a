"""What the audit log calls the acts and records entered by hand (审计日志用语)."""

ACTIONS: dict[str, str] = {}
OBJECTS: dict[str, str] = {}
