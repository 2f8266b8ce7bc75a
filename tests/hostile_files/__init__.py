"""Files made to do harm, by code, each with what must come of it (恶意文件).

``workbooks`` are sent as a ledger, ``evidence`` with an application, ``backups`` to a restore,
``settings`` are the measures, plugins and letters of an installation. None lies here as a file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file: what it is, the name it comes by, its bytes when they are asked for."""

    what: str
    name: str
    make: Callable[[], bytes]
    says: str
    """Words of the sentence that refuses it; empty: it is taken, and does nothing."""

    def __str__(self) -> str:
        return self.what


def given(content: bytes) -> Callable[[], bytes]:
    """Bytes that are there already."""
    return lambda: content
