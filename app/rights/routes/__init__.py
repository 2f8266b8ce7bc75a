"""The pages of 排污权: allocation, applications, reserves."""

from app.rights.routes import allocation, applications, applying, letters, reserves
from app.rights.routes.blueprint import blueprint

__all__ = ["allocation", "applications", "applying", "blueprint", "letters", "reserves"]
