"""Reading what measures answer: the plants they judge, and the lists they make of them."""

from app.policy.queries.lists import (
    CANNOT_RUN,
    Grounds,
    PolicyRun,
    all_measures,
    county_names,
    cut_to,
    grounds_of,
    installed_files,
    rank_by_every_measure,
    rank_register,
    run_every_measure,
    run_measure,
    settings_of,
)
from app.policy.queries.register import candidates, register_on

__all__ = [
    "CANNOT_RUN",
    "Grounds",
    "PolicyRun",
    "all_measures",
    "candidates",
    "county_names",
    "cut_to",
    "grounds_of",
    "installed_files",
    "rank_by_every_measure",
    "rank_register",
    "register_on",
    "run_every_measure",
    "run_measure",
    "settings_of",
]
