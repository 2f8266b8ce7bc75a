"""Reading imports, and the register as rows of the ledger."""

from app.ledger.queries.imports import (
    PAGE_SIZE,
    ImportView,
    JobView,
    find_import,
    findings,
    list_imports,
)
from app.ledger.queries.register import register_now

__all__ = [
    "PAGE_SIZE",
    "ImportView",
    "JobView",
    "find_import",
    "findings",
    "list_imports",
    "register_now",
]
