"""The papers on which agents act (授权书)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select

from app.accounts.models import AgentAuthorisation, RoleGrant
from app.kernel.database import db


@dataclass(frozen=True, slots=True)
class Authorisation:
    """A paper on record, and the grant it was given on."""

    id: int
    grant_id: int
    user_id: int
    uscc: str
    until_on: date
    sha256: str
    name: str
    size: int
    recorded_at: datetime
    recorded_by_name: str


def find_authorisation(authorisation_id: int) -> Authorisation | None:
    """One paper by its id; whoever asks knows whether it is within reach."""
    return next(iter(_read(_query().where(AgentAuthorisation.id == authorisation_id))), None)


def authorisations_of(user_id: int, uscc: str | None = None) -> list[Authorisation]:
    """The papers of an account, for one enterprise if named; the newest first."""
    query = _query().where(RoleGrant.user_id == user_id)
    if uscc is not None:
        query = query.where(RoleGrant.uscc == uscc)
    return _read(query.order_by(AgentAuthorisation.id.desc()))


def _query() -> Select[AgentAuthorisation, int, str | None]:
    return select(AgentAuthorisation, RoleGrant.user_id, RoleGrant.uscc).join(
        RoleGrant, RoleGrant.id == AgentAuthorisation.grant_id
    )


def _read(query: Select[AgentAuthorisation, int, str | None]) -> list[Authorisation]:
    return [
        Authorisation(
            it.id, it.grant_id, user_id, uscc or "", it.until_on, it.sha256, it.name, it.size,
            it.recorded_at, it.recorded_by_name,
        )
        for it, user_id, uscc in db.session.execute(query)
    ]  # fmt: skip
