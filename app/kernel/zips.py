"""What Python's ``zipfile`` raises for a file that is none, or no longer one: one list for all."""

from __future__ import annotations

import zipfile
import zlib

BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)
"""By turns: places that cannot be (OSError, ValueError), methods and versions that it does not know
(NotImplementedError), content that is not what was packed."""
BROKEN_OR_LOCKED = (*BROKEN, RuntimeError)
"""And an entry under a password (RuntimeError)."""
