"""The pages of this stage (经办): what an officer enters by hand, with its preview."""

from app.desk.routes import facts, lists, plants, rulebook
from app.desk.routes.blueprint import blueprint

__all__ = ["blueprint", "facts", "lists", "plants", "rulebook"]
