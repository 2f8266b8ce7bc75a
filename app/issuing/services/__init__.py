"""Writing lists (起草、复核、签发、撤回、替代): the verbs of this stage."""

from app.issuing.services.course import check, discard, resubmit, send_back, withdraw
from app.issuing.services.downloads import take
from app.issuing.services.drafting import draft
from app.issuing.services.flags import follow_register, reconsider
from app.issuing.services.signing import Moved, Signature, sign

__all__ = [
    "Moved",
    "Signature",
    "check",
    "discard",
    "draft",
    "follow_register",
    "reconsider",
    "resubmit",
    "send_back",
    "sign",
    "take",
    "withdraw",
]
