"""The verbs of this stage: importing a workbook, at once or by upload, preview and confirmation."""

from app.ledger.services.background import define_jobs
from app.ledger.services.importing import ImportRefused, OutdatedPreview, import_ledger
from app.ledger.services.uploads import NotYours, confirm, drop, recheck, upload

__all__ = [
    "ImportRefused",
    "NotYours",
    "OutdatedPreview",
    "confirm",
    "define_jobs",
    "drop",
    "import_ledger",
    "recheck",
    "upload",
]
