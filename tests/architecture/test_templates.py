"""Templates hold no script, no style and no raw text: the content security policy allows none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "app").rglob("templates/**/*.html"))
FORBIDDEN = {
    "inline style": r"\sstyle\s*=",
    "inline event handler": r"""\son[a-z]+\s*=\s*["'{]""",
    "htmx event handler": r"hx-on",
    "evaluated htmx values": r"""hx-(vals|vars|headers)\s*=\s*["']\s*js(on)?:""",
    "evaluated htmx trigger filter": r"""hx-trigger\s*=\s*"[^"]*\[""",
    "unescaped text": r"\|\s*safe\b|\bautoescape\s+false\b|\bMarkup\(",
    "inline script": r"<script(?![^>]*\bsrc=)",
    "style element": r"<style\b",
    "address of another site": r"""(src|href|action|hx-[a-z]+)\s*=\s*["'](https?:)?//""",
    "javascript address": r"javascript:",
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_is_markup_only(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)
    assert [what for what, pattern in FORBIDDEN.items() if re.search(pattern, text)] == []


def test_python_never_marks_text_as_safe_html() -> None:
    marking = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "app").rglob("*.py")
        if re.search(r"\bMarkup\((?!\))|\|safe", path.read_text(encoding="utf-8"))
    ]
    assert marking == []


def test_there_are_templates_to_check() -> None:
    assert TEMPLATES
