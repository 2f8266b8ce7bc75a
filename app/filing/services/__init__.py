"""The verbs of filing (申报): begin, enter, sign and submit, take back."""

from app.filing.services.answering import save_answer, save_transport
from app.filing.services.starting import NotAdmitted, start

__all__ = ["NotAdmitted", "save_answer", "save_transport", "start"]
