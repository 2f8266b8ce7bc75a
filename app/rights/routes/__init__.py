"""The pages of 排污权: allocation, applications, reserves."""

from app.rights.routes import allocation, applications, applying, evidence, letters, reserves
from app.rights.routes.blueprint import blueprint

__all__ = ["allocation", "applications", "applying", "blueprint", "evidence", "letters", "reserves"]
