"""The pages of this stage: signing in, one's own account, set-up, accounts, the audit log."""

from app.accounts.routes import accounts, audit_log, own_account, set_up, sign_in
from app.accounts.routes.blueprint import blueprint

__all__ = ["accounts", "audit_log", "blueprint", "own_account", "set_up", "sign_in"]
