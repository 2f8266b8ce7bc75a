"""The pages of lists (清单): all of them, one of them, drafting, signing, the enterprise's own."""

from app.issuing.routes import acts, drafting, list_page, listing, own, paper, signing
from app.issuing.routes.blueprint import blueprint

__all__ = ["acts", "blueprint", "drafting", "list_page", "listing", "own", "paper", "signing"]
