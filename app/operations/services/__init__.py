"""What is done for the server's safety (运行维护): backups made, brought back, tried out."""

from app.operations.services.backing_up import write_backup
from app.operations.services.restoring import restore_backup

__all__ = ["restore_backup", "write_backup"]
