"""The pages of this stage: home, register list, plant, workday calendar, help."""

from app.portal.routes import batch, calendar, help_pages, home, plant, register, waiting
from app.portal.routes.blueprint import blueprint

__all__ = ["batch", "blueprint", "calendar", "help_pages", "home", "plant", "register", "waiting"]
