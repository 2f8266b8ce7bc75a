"""The verbs of filing (申报): begin, enter, sign and submit, take back."""

from app.filing.services.answering import (
    accept,
    confirm_answer,
    remark,
    save_answer,
    save_transport,
)
from app.filing.services.arrivals import READ, import_arrival, keep_arrival
from app.filing.services.choosing import choose_tables, set_target, take_newer_tables
from app.filing.services.evidence import (
    LONGEST_KIND,
    LONGEST_NOTE,
    Added,
    Where,
    add_evidence,
    confirm_evidence,
    confirm_evidence_together,
    describe_evidence,
    remove_evidence,
)
from app.filing.services.moving import close, discard, follow_county, send_back, take_up, withdraw
from app.filing.services.packages import issue_package, start_for_package
from app.filing.services.papers import keep_papers, paper
from app.filing.services.reading import read_arrival
from app.filing.services.starting import NotAdmitted, start
from app.filing.services.submitting import AlreadySubmitted, NotReady, submit
from app.filing.services.table_changes import tell_of_newer_tables
from app.filing.services.window import LONGEST_TITLE, Paper, start_at_window, submit_at_window
from app.filing.services.windows import annul_window, set_window

__all__ = [
    "LONGEST_KIND",
    "LONGEST_NOTE",
    "LONGEST_TITLE",
    "READ",
    "Added",
    "AlreadySubmitted",
    "NotAdmitted",
    "NotReady",
    "Paper",
    "Where",
    "accept",
    "add_evidence",
    "annul_window",
    "choose_tables",
    "close",
    "confirm_answer",
    "confirm_evidence",
    "confirm_evidence_together",
    "describe_evidence",
    "discard",
    "follow_county",
    "import_arrival",
    "issue_package",
    "keep_arrival",
    "keep_papers",
    "paper",
    "read_arrival",
    "remark",
    "remove_evidence",
    "save_answer",
    "save_transport",
    "send_back",
    "set_target",
    "set_window",
    "start",
    "start_at_window",
    "start_for_package",
    "submit",
    "submit_at_window",
    "take_newer_tables",
    "take_up",
    "tell_of_newer_tables",
    "withdraw",
]
