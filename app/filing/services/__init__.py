"""The verbs of filing (申报): begin, enter, sign and submit, take back."""

from app.filing.services.answering import save_answer, save_transport
from app.filing.services.papers import keep_papers, paper
from app.filing.services.starting import NotAdmitted, start

__all__ = ["NotAdmitted", "keep_papers", "paper", "save_answer", "save_transport", "start"]
