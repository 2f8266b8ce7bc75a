"""Reading applications and reserves, and computing the allocation of a day (排污权分配)."""

from app.rights.domain import POLLUTANTS
from app.rights.queries.allocation import AllocationRun, run_allocation
from app.rights.queries.applications import (
    ApplicationFilter,
    ApplicationOnRecord,
    applications_of,
    list_applications,
    list_applications_on_record,
)
from app.rights.queries.reserves import reserve_of, reserves_on_record, years_on_record

__all__ = [
    "POLLUTANTS",
    "AllocationRun",
    "ApplicationFilter",
    "ApplicationOnRecord",
    "applications_of",
    "list_applications",
    "list_applications_on_record",
    "reserve_of",
    "reserves_on_record",
    "run_allocation",
    "years_on_record",
]
