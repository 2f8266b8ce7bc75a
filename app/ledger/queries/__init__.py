"""Reading imports, and the register as rows of the ledger."""

from app.ledger.queries.imports import (
    SORTS,
    ImportFilter,
    ImportPage,
    ImportView,
    audit_sequence_of,
    find_import,
    findings,
    list_imports,
    same_file_before,
    was_written,
)
from app.ledger.queries.register import has_changed_since, register_for, register_now

__all__ = [
    "SORTS",
    "ImportFilter",
    "ImportPage",
    "ImportView",
    "audit_sequence_of",
    "find_import",
    "findings",
    "has_changed_since",
    "list_imports",
    "register_for",
    "register_now",
    "same_file_before",
    "was_written",
]
