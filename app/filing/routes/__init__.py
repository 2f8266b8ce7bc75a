"""The pages of 申报: the enterprise's own work, and what officers read of it."""

from app.filing.routes import (
    assessing,
    checking,
    evidence,
    evidence_one,
    home,
    one_filing,
    packages,
    papers,
    periods,
    renewals,
    sending,
    starting,
    submissions,
    submitting,
    tables,
    transport,
    window,
)
from app.filing.routes.blueprint import blueprint

__all__ = [
    "assessing",
    "blueprint",
    "checking",
    "evidence",
    "evidence_one",
    "home",
    "one_filing",
    "packages",
    "papers",
    "periods",
    "renewals",
    "sending",
    "starting",
    "submissions",
    "submitting",
    "tables",
    "transport",
    "window",
]
