"""The server's handbook as plain text (服务器手册), when no page can be opened.

``python3 scripts/manual.py`` prints what the app shows under 帮助 › 服务器的看管: one text, read by
those who look after the server, with or without the app.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser

from environment import ROOT

SOURCE = ROOT / "app" / "portal" / "templates" / "portal" / "help" / "operations.html"
NAME = "服务器手册.txt"
"""What the text is called in a bundle."""
_BLOCKS = {"p", "li", "h2", "tr", "pre"}


class _Text(HTMLParser):
    """Headings, paragraphs, numbered steps and rows of tables as lines."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._words = ""
        self._mark = ""
        self._numbers: list[int] = []
        self._is_plain = True

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        if tag in _BLOCKS:
            self._words, self._mark = "", ""
        if tag == "pre":
            self._is_plain = False
        if tag == "ol":
            self._numbers.append(0)
        elif tag == "ul":
            self._numbers.append(-1)
        elif tag == "li" and self._numbers[-1] >= 0:
            self._numbers[-1] += 1
            self._mark = f"{self._numbers[-1]}. "
        elif tag == "li":
            self._mark = "· "

    def handle_endtag(self, tag: str) -> None:
        if tag in {"ol", "ul"}:
            self._numbers.pop()
        if tag in {"th", "td"}:
            self._words += "　"
        if tag == "pre":
            self._is_plain = True
            self.lines += ["", *(f"    {it}" for it in self._words.strip().splitlines())]
        elif tag == "h2":
            self.lines += ["", f"【{self._words.strip()}】"]
        elif tag in _BLOCKS and self._words.strip():
            self.lines += [self._mark + self._words.strip()]

    def handle_data(self, data: str) -> None:
        self._words += re.sub(r"\s*\n\s*", "", data) if self._is_plain else data


def manual() -> str:
    """The handbook."""
    reader = _Text()
    reader.feed(re.sub(r"\{%.*?%\}|\{#.*?#\}", "", SOURCE.read_text(encoding="utf-8")))
    return "\n".join(["服务器的看管", *reader.lines, ""])


def main() -> int:
    """Print it."""
    print(manual(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
