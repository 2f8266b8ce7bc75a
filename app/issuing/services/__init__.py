"""Writing lists (起草、复核、签发、撤回、替代): the verbs of this stage."""

from app.issuing.services.background import (
    draft_in_background,
    verify_in_background,
)
from app.issuing.services.checking import note_verification
from app.issuing.services.course import check, discard, resubmit, send_back, withdraw
from app.issuing.services.downloads import take
from app.issuing.services.drafting import Frozen, draft, enter, freeze
from app.issuing.services.flags import follow_register, reconsider
from app.issuing.services.signing import Moved, Signature, sign

__all__ = [
    "Frozen",
    "Moved",
    "Signature",
    "check",
    "discard",
    "draft",
    "draft_in_background",
    "enter",
    "follow_register",
    "freeze",
    "note_verification",
    "reconsider",
    "resubmit",
    "send_back",
    "sign",
    "take",
    "verify_in_background",
    "withdraw",
]
