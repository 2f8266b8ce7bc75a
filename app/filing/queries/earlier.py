"""What an enterprise submitted for a plant before (以前的申报): carried on, and compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.filing import record
from app.filing.answers import answer_of, transport_of
from app.filing.domain import State, Transport
from app.filing.models import FilingRow, FilingSubmission
from app.filing.queries.filings import Filing
from app.indicators.domain import Answer
from app.kernel.database import db

if TYPE_CHECKING:
    from app.filing.queries.working import WorkingTable


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the enterprise submitted last for the plant, in another filing."""

    filing_id: int
    content: Mapping[str, Any]
    year: int
    state: State
    at_office: bool
    """Whether the county began it for the enterprise."""
    rulebook: str

    @property
    def was_taken_back(self) -> bool:
        """Whether the enterprise withdrew it (撤回): nobody decided on it."""
        return self.state is State.WITHDRAWN

    def is_fresh_for(self, filing: Filing) -> bool:
        """Whether what was entered and confirmed in it still holds as it stands.

        So it does where the same enterprise withdrew it and begins again for the same year under
        the same rulebook, making the entries itself both times: nothing has grown old. What an
        officer entered from paper is held against the next paper.
        """
        return (
            self.was_taken_back
            and (self.year, self.rulebook) == (filing.year, filing.rulebook)
            and not (self.at_office or filing.at_office)
        )

    def answers(self, tables: Iterable[WorkingTable]) -> dict[tuple[int, str], Answer]:
        """The answers in the same industries, by the places of these tables."""
        here = {(it.industry, it.subtype): it.place for it in tables}
        return {
            (here[it["industry"], it["subtype"]], row["key"]): answer_of(row["answer"])
            for it in self.content["tables"]
            if (it["industry"], it["subtype"]) in here
            for row in it["rows"]
        }

    @property
    def transport(self) -> Transport:
        """The transport summary."""
        return transport_of(self.content["transport"])


def earlier_submission(filing: Filing, *, before_year: int | None = None) -> Earlier | None:
    """The last submission of another filing of the plant by the same enterprise.

    With a year that of an earlier year whose filing came to its end; else also one that was taken
    back: its entries are still the enterprise's own.
    """
    query = (
        select(FilingSubmission.filing_id, FilingSubmission.content, FilingRow.year,
               FilingRow.state, FilingRow.at_office, FilingRow.rulebook)
        .join(FilingRow, FilingRow.id == FilingSubmission.filing_id)
        .where(
            FilingRow.plant_id == filing.plant.plant_id,
            FilingRow.enterprise_id == filing.enterprise_id,
            FilingRow.id != filing.id,
        )
    )  # fmt: skip
    if before_year is not None:
        query = query.where(FilingRow.year < before_year, FilingRow.state == State.CLOSED)
    row = db.session.execute(query.order_by(FilingSubmission.id.desc()).limit(1)).first()
    if row is None:
        return None
    try:
        content = record.read(row.content)
    except record.UnreadableContent:  # its own page says so; nobody is kept from filing anew
        return None
    return Earlier(row.filing_id, content, row.year, State(row.state), row.at_office, row.rulebook)
