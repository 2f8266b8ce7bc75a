"""The pages of this stage (经办): what an officer enters by hand, with its preview."""

from app.desk.routes import facts, lists, plant_details, plant_parts, plants, rulebook
from app.desk.routes.blueprint import blueprint

__all__ = ["blueprint", "facts", "lists", "plant_details", "plant_parts", "plants", "rulebook"]
