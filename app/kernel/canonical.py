"""Documents that are hashed (规范文本): the same content gives the same bytes, everywhere."""

from __future__ import annotations

import hashlib
import json


def canonical(document: object) -> str:
    """Compact JSON with its keys sorted, letters as they are; numbers should come as text."""
    return json.dumps(
        document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def sha256_of(text: str) -> str:
    """The hash (hex) of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()
