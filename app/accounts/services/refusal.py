"""What every verb about accounts refuses with."""

from __future__ import annotations


class AccountRefused(Exception):
    """The act is not possible; ``field`` names the input it is about, if one."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
