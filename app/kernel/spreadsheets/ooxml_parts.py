"""The small parts of an .xlsx: which sheets there are, their styles and shared texts."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Protocol
from xml.parsers import expat

from app.kernel.zips import BROKEN

from .archive import DAMAGED
from .cells import UnreadableWorkbook
from .plain import TEXT, WithoutPlain

_CHUNK = 256 * 1024
_MOST_TAGS = 500_000
_PLAIN_TEXT = re.compile(rf'<si><t(?: xml:space="preserve")?>({TEXT})</t></si>\s*')
_ESCAPED_CHARACTER = re.compile(r"_x([0-9A-Fa-f]{4})_")
_QUOTED_OR_BRACKETED = re.compile(r'"[^"]*"|\\.|[_*].|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)})


class Opener(Protocol):
    """Whatever opens a part of a workbook by its name."""

    def open(self, name: str) -> IO[bytes]:
        """The part's content."""

    def find(self, name: str) -> str | None:
        """The exact name of the part, or None."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag with the name of the element it stands in; prefixes are taken off."""

    parent: str
    name: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A worksheet as the workbook lists it, with the part that holds its cells."""

    name: str
    part: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What `xl/workbook.xml` says: the sheets in their order, and from when days are counted."""

    sheets: tuple[SheetPart, ...]
    date1904: bool
    shared_strings: str | None
    styles: str | None


class Stream(Protocol):
    """What a parser reads from."""

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end."""


def parse_xml(
    stream: Stream,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], object] | None = None,
) -> None:
    """Feeds a part to the parser piece by piece; a document type or broken XML is refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_document_type
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)  # noqa: FBT003 - the parser takes it by position only
        parser.Parse(b"", True)  # noqa: FBT003
    except (expat.ExpatError, *BROKEN) as error:
        raise UnreadableWorkbook(DAMAGED) from error


def _refuse_document_type(*_: object) -> None:
    raise UnreadableWorkbook(
        "工作簿里有 Excel 从不写入的 XML 实体定义，可能用来攻击服务器，未予读取。"
        "请用 Excel 或 WPS 打开后另存为新的 .xlsx，再上传。"
    )


def local_name(name: str) -> str:
    """An XML name without its prefix."""
    return name.rpartition(":")[2]


def read_tags(parts: Opener, part: str) -> list[Tag]:
    """Every start tag of a small part, in order."""
    tags: list[Tag] = []
    path = [""]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(tags) >= _MOST_TAGS:
            raise UnreadableWorkbook(
                "工作簿里的样式或登记项多得不正常，未予读取。"
                "请把数据复制到新的工作簿，另存为 .xlsx 后上传。"
            )
        tags.append(Tag(path[-1], local_name(name), attributes))
        path.append(local_name(name))

    def end(_: str) -> None:
        path.pop()

    with parts.open(part) as stream:
        parse_xml(stream, start, end)
    return tags


def read_catalogue(parts: Opener) -> Catalogue:
    """The workbook's sheets and where its parts lie, following the package's own relations."""
    workbook = _related(parts, "", "_rels/.rels").get("officeDocument", "xl/workbook.xml")
    workbook_part = parts.find(workbook)
    if workbook_part is None:
        raise UnreadableWorkbook(DAMAGED)
    folder, file = posixpath.split(workbook_part)
    targets, kinds = _relations(parts, folder, f"{folder}/_rels/{file}.rels")
    sheets: list[SheetPart] = []
    date1904 = False
    for tag in read_tags(parts, workbook_part):
        if tag.name == "workbookPr":
            date1904 = tag.attributes.get("date1904", "0") in ("1", "true")
        if tag.name == "sheet" and tag.parent == "sheets":
            relation = next(
                (value for key, value in tag.attributes.items() if key.endswith(":id")), ""
            )
            if kinds.get(relation, "worksheet") != "worksheet":
                continue
            part = parts.find(targets.get(relation, ""))
            if part is None:
                raise UnreadableWorkbook(DAMAGED)
            hidden = tag.attributes.get("state", "visible") != "visible"
            sheets.append(SheetPart(tag.attributes.get("name", ""), part, hidden))
    by_kind = {kind: targets[relation] for relation, kind in kinds.items()}
    return Catalogue(
        tuple(sheets),
        date1904,
        parts.find(by_kind.get("sharedStrings", "")),
        parts.find(by_kind.get("styles", "")),
    )


def _related(parts: Opener, folder: str, part: str) -> dict[str, str]:
    targets, kinds = _relations(parts, folder, part)
    return {kind: targets[relation] for relation, kind in kinds.items()}


def _relations(parts: Opener, folder: str, part: str) -> tuple[dict[str, str], dict[str, str]]:
    """Relation id → part name inside the package, and relation id → kind of relation."""
    targets: dict[str, str] = {}
    kinds: dict[str, str] = {}
    found = parts.find(part)
    if found is None:
        return targets, kinds
    for tag in read_tags(parts, found):
        if tag.name != "Relationship" or tag.attributes.get("TargetMode") == "External":
            continue
        relation = tag.attributes.get("Id", "")
        target = tag.attributes.get("Target", "").replace("\\", "/")
        targets[relation] = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        kinds[relation] = tag.attributes.get("Type", "").rpartition("/")[2]
    return targets, kinds


def read_date_styles(parts: Opener, part: str | None) -> tuple[bool, ...]:
    """For each cell style of the workbook, whether it shows numbers as dates."""
    if part is None:
        return ()
    formats: dict[str, str] = {}
    styles: list[bool] = []
    for tag in read_tags(parts, part):
        if tag.name == "numFmt":
            formats[tag.attributes.get("numFmtId", "")] = tag.attributes.get("formatCode", "")
        elif tag.name == "xf" and tag.parent == "cellXfs":
            number = tag.attributes.get("numFmtId", "0")
            if number in formats:
                styles.append(is_date_format(formats[number]))
            else:
                styles.append(number.isdigit() and int(number) in _BUILT_IN_DATES)
    return tuple(styles)


def is_date_format(code: str) -> bool:
    """Whether a number format shows a calendar date or time of day (not an elapsed time)."""
    first = _QUOTED_OR_BRACKETED.sub("", code.partition(";")[0]).lower()
    if "[" in first or "general" in first:
        return False
    return any(letter in first for letter in "ymdhs")


def read_shared_strings(parts: Opener, part: str | None) -> dict[str, str]:
    """The texts that cells refer to, by their number as a cell writes it."""
    strings: list[str] = []
    if part is not None:
        with parts.open(part) as stream:
            _StringsReader(strings).read(stream)
    return {str(number): text for number, text in enumerate(strings)}


class _StringsReader:
    """Collects the shared texts in their order; phonetic hints are left out."""

    def __init__(self, strings: list[str]) -> None:
        self._strings = strings
        self._pieces: list[str] = []
        self._depth = {"t": 0, "rPh": 0}

    def read(self, stream: IO[bytes]) -> None:
        rest = WithoutPlain(stream, "<si><t", "</si>", self._take_plain)
        parse_xml(rest, self._start, self._end, self._text)

    def _take_plain(self, source: str, at: int) -> int:
        while (found := _PLAIN_TEXT.match(source, at)) is not None:
            self._strings.append(unescaped(found[1]))
            at = found.end()
        return at

    def _start(self, name: str, _: dict[str, str]) -> None:
        name = local_name(name)
        if name == "si":
            self._pieces.clear()
        elif name in self._depth:
            self._depth[name] += 1

    def _end(self, name: str) -> None:
        name = local_name(name)
        if name == "si":
            self._strings.append(unescaped("".join(self._pieces)))
        elif name in self._depth:
            self._depth[name] -= 1

    def _text(self, piece: str) -> None:
        if self._depth["t"] and not self._depth["rPh"]:
            self._pieces.append(piece)


def unescaped(text: str) -> str:
    """Text with Excel's `_x000D_` spelling of odd characters turned back.

    Half of a pair (`_xD800_`) is no character: it becomes `�`, since nothing could store it.
    """
    if "_x" not in text:
        return text
    return _ESCAPED_CHARACTER.sub(_unescaped_character, text)


def _unescaped_character(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return "\ufffd" if unicodedata.category(char) == "Cs" else char
