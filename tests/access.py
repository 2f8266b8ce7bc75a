"""Who may open which address, by a table that stands beside the marks of the views (权限表)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from app.kernel.authority import Permission
from tests.world import Principal


@cache
def _declared() -> dict[str, Permission | str]:
    file = Path(__file__).resolve().parent / "cases" / "access.toml"
    table: dict[str, list[str]] = tomllib.loads(file.read_text(encoding="utf-8"))
    known = {str(it): it for it in Permission}
    return {endpoint: known.get(mark, mark) for mark, them in table.items() for endpoint in them}


def access(endpoint: str) -> Permission | str | None:
    """Who may open the address, by ``cases/access.toml``; never by the mark of its view."""
    return _declared().get(endpoint)


def may_open(endpoint: str, who: Principal) -> bool:
    """Whether the declared mark and the table of roles let this principal in."""
    mark = access(endpoint)
    if isinstance(mark, Permission):
        return who.holds(mark)
    return mark == "public" or (mark == "signed-in" and who.role is not None)
