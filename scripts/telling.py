"""What the scripts say to the person who runs them (告知)."""

from __future__ import annotations


class Unable(Exception):
    """The command cannot go on; the text is the one sentence the person reads."""


def say(text: str) -> None:
    """Tell the person something, at once even through a pipe."""
    print(text, flush=True)
