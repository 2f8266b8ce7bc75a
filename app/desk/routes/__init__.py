"""The pages of this stage (经办): what an officer enters by hand, with its preview."""

from app.desk import agent_reminders, reminders
from app.desk.routes import (
    batch,
    facts,
    lists,
    merging,
    notices,
    own_people,
    people,
    people_acts,
    people_enterprises,
    plant_details,
    plant_parts,
    plants,
    rule_forecasts,
    rulebook,
)
from app.desk.routes.blueprint import blueprint

__all__ = [
    "agent_reminders",
    "batch",
    "blueprint",
    "facts",
    "lists",
    "merging",
    "notices",
    "own_people",
    "people",
    "people_acts",
    "people_enterprises",
    "plant_details",
    "plant_parts",
    "plants",
    "reminders",
    "rule_forecasts",
    "rulebook",
]
