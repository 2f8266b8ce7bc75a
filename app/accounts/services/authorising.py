"""The paper on which an agent acts (授权书): asked for with every grant, kept with the grant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.accounts.domain import Role
from app.accounts.enterprise_people import why_not_until
from app.accounts.models import AgentAuthorisation
from app.accounts.services.refusal import AccountRefused
from app.kernel import audit, clock, files
from app.kernel.attachments import Attachment
from app.kernel.database import db
from app.kernel.transaction import transaction


@dataclass(frozen=True, slots=True)
class Paper:
    """An authorisation (授权书) as sent: the file, and the last day written in it."""

    file: Attachment | None = None
    until_on: date | None = None


NO_PAPER = Paper()


def check_paper(role: Role, paper: Paper) -> None:
    """Nobody makes an agent without the paper: raises AccountRefused naming the field.

    What has no person behind it may: the command line of whoever keeps the server.
    """
    if transaction().actor_id is None:
        return
    said = why_not_until(role, paper.until_on, clock.today(), has_paper=paper.file is not None)
    for field, sentence in said.items():
        raise AccountRefused(sentence, field)


def file_paper(grant_id: int, role: Role, paper: Paper) -> None:
    """Put the paper on record with the grant it was given on."""
    if role is not Role.AGENT or paper.file is None or paper.until_on is None:
        return
    stored = paper.file.stored
    files.enter(stored)
    row = _row(grant_id, paper.until_on, stored.sha256, paper.file.name, stored.size)
    audit.record(
        "authorisation.recorded", "authorisation", row.id,
        {"文件名": row.name, "SHA-256": row.sha256, "至": row.until_on},
    )  # fmt: skip


def carry_paper(from_grant: int, to_grant: int) -> None:
    """The paper of a grant holds for the one that took its place, where the code changed."""
    held = db.session.execute(
        select(AgentAuthorisation).where(AgentAuthorisation.grant_id == from_grant)
    ).scalar_one_or_none()
    if held is not None:
        _row(to_grant, held.until_on, held.sha256, held.name, held.size)


def _row(grant_id: int, until_on: date, sha256: str, name: str, size: int) -> AgentAuthorisation:
    current = transaction()
    row = AgentAuthorisation(
        grant_id=grant_id,
        until_on=until_on,
        sha256=sha256,
        name=name,
        size=size,
        recorded_at=current.moment,
        recorded_by=current.actor_id,
        recorded_by_name=current.actor_name,
    )
    db.session.add(row)
    db.session.flush()
    return row
