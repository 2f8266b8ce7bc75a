"""Recording emission-rights applications and reserves (登记排污权申请与储备)."""

from app.rights.services.imported import (
    ApplicationEntry,
    ReserveEntry,
    correct_applications,
    correct_reserves,
    record_applications,
    record_reserves,
)

__all__ = [
    "ApplicationEntry",
    "ReserveEntry",
    "correct_applications",
    "correct_reserves",
    "record_applications",
    "record_reserves",
]
