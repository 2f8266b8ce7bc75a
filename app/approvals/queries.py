"""Reading proposals (待复核事项)."""

from __future__ import annotations

import json

from app.approvals.domain import Proposal
from app.approvals.models import ProposalRow
from app.kernel.database import db


def find_proposal(proposal_id: int) -> Proposal | None:
    """The proposal with this id, whoever asks; the caller looks at its reach."""
    row = db.session.get(ProposalRow, proposal_id)
    return as_proposal(row) if row else None


def as_proposal(row: ProposalRow) -> Proposal:
    """A row as the value it stands for."""
    return Proposal(
        id=row.id,
        kind=row.kind,
        title=row.title,
        payload=json.loads(row.payload),
        county=row.county,
        enterprise_id=row.enterprise_id,
        state=row.state,
        proposed_by=row.proposed_by,
        decided_by=row.decided_by,
        note=row.note,
    )
