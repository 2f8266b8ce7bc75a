"""The verbs of filing (申报): begin, enter, sign and submit, take back."""

from app.filing.services.answering import save_answer, save_transport
from app.filing.services.evidence import (
    LONGEST_KIND,
    LONGEST_NOTE,
    Added,
    Where,
    add_evidence,
    confirm_evidence,
    describe_evidence,
    remove_evidence,
)
from app.filing.services.papers import keep_papers, paper
from app.filing.services.starting import NotAdmitted, start

__all__ = [
    "LONGEST_KIND",
    "LONGEST_NOTE",
    "Added",
    "NotAdmitted",
    "Where",
    "add_evidence",
    "confirm_evidence",
    "describe_evidence",
    "keep_papers",
    "paper",
    "remove_evidence",
    "save_answer",
    "save_transport",
    "start",
]
