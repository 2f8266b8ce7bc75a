"""规则库 › 指标表: the pages of indicator tables; each file of this folder adds its own."""

from app.indicators.routes import editing, files, lists, ruling, tables, versions
from app.indicators.routes.blueprint import blueprint

__all__ = ["blueprint", "editing", "files", "lists", "ruling", "tables", "versions"]
