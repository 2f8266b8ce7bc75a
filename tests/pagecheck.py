"""What every page of the app must hold to, checked on each page a test fetches (页面检查)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib

FIELDS = {"input", "select", "textarea"}
UNLABELLED_TYPES = {"hidden", "submit", "button", "reset", "image"}
REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "list")
SCRIPTED = re.compile(r"^(on[a-z]+|hx-on.*|style)$")


def problems_of(html: str) -> list[str]:
    """What is wrong with a page, or with a fragment of one; empty when nothing is."""
    whole = html.lstrip().lower().startswith("<!doctype")
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    root = parser.parse(html) if whole else parser.parseFragment(_in_context(html))
    found = [f"invalid HTML at {place}: {code}" for place, code, _ in parser.errors]
    found += _inline(root)
    found += _identifiers(root, whole)
    found += _labels(root)
    found += _names(root)
    if whole:
        found += _document(root)
    return found


def _in_context(fragment: str) -> str:
    """Rows of a table are only valid inside one."""
    start = fragment.lstrip()[:7].lower()
    if start.startswith("<tbody"):
        return f"<table>{fragment}</table>"
    if start.startswith("<tr"):
        return f"<table><tbody>{fragment}</tbody></table>"
    return fragment


def _elements(root: Element) -> Iterator[Element]:
    """Every element; comments have a function for a tag and are left out."""
    return (element for element in root.iter() if isinstance(element.tag, str))


def _text(element: Element) -> str:
    return "".join(element.itertext()).strip()


def _document(root: Element) -> list[str]:
    found = []
    if root.get("lang") != "zh-CN":
        found.append("html lang is not zh-CN")
    headings = [element for element in _elements(root) if element.tag == "h1"]
    if len(headings) != 1 or not _text(headings[0]):
        found.append(f"one h1 with text expected, found {len(headings)}")
    titles = root.findall("head/title")
    if not titles or not _text(titles[0]):
        found.append("no title")
    if root.find(".//main") is None:
        found.append("no main landmark")
    return found


def _inline(root: Element) -> list[str]:
    found = []
    for element in _elements(root):
        inline = (name for name in element.attrib if SCRIPTED.match(name))
        found += [f"inline {name} on <{element.tag}>" for name in inline]
        if element.tag == "style" or (element.tag == "script" and "src" not in element.attrib):
            found.append(f"inline <{element.tag}>")
        address = element.get("src") or (element.get("href") if element.tag == "link" else None)
        if address and re.match(r"(https?:)?//", address):
            found.append(f"<{element.tag}> from elsewhere: {address}")
    return found


def _identifiers(root: Element, whole: bool) -> list[str]:
    ids = Counter(element.get("id") for element in _elements(root) if element.get("id"))
    found = [f"id used {count} times: {name}" for name, count in ids.items() if count > 1]
    if whole:
        found += [
            f"{attribute} on <{element.tag}> names no element: {name}"
            for element in _elements(root)
            for attribute in REFERENCES
            for name in (element.get(attribute) or "").split()
            if name not in ids
        ]
    return found


def _labels(root: Element) -> list[str]:
    labelled = {label.get("for") for label in root.iter("label") if _text(label)}
    wrapped = {field for label in root.iter("label") if _text(label) for field in label.iter()}
    return [
        f"field without a label: <{field.tag} name={field.get('name')}>"
        for field in _elements(root)
        if field.tag in FIELDS
        and field.get("type") not in UNLABELLED_TYPES
        and field not in wrapped
        and field.get("id") not in labelled
        and not field.get("aria-label")
        and not field.get("aria-labelledby")
    ]


def _names(root: Element) -> list[str]:
    """Buttons, links and pictures that a screen reader could not name."""
    found = [
        f"<{element.tag}> without a name"
        for element in _elements(root)
        if element.tag in {"a", "button"}
        and not _text(element)
        and not element.get("aria-label")
        and not any(picture.get("alt") for picture in element.iter("img"))
    ]
    return found + ["img without alt" for image in root.iter("img") if image.get("alt") is None]
