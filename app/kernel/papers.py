"""Official papers as files (公文文件): docx from a template an office can edit, PDF by typst.

A stage brings its own ``data/*.typ`` and ``data/*.docx``; texts are handed over as data and never
read as markup. Fonts are looked for in ``instance/fonts``, then in ``fonts/`` beside the program,
then among the system's. A bureau's own docx template lies in ``instance/letters``.
"""

from __future__ import annotations

import io
import json
import logging
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import current_app
from jinja2.sandbox import SandboxedEnvironment

from app.kernel.config import ROOT, Config

if TYPE_CHECKING:
    import typst

log = logging.getLogger(__name__)
MEDIA_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
BODY_FONTS = (
    "FangSong_GB2312", "仿宋_GB2312", "FangSong", "仿宋", "STFangsong", "FZFangSong-Z02",
    "Noto Serif CJK SC", "Source Han Serif SC", "思源宋体", "SimSun", "宋体",
    "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "WenQuanYi Zen Hei",
)  # fmt: skip
TITLE_FONTS = ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "方正小标宋简体", *BODY_FONTS)
NO_FONT = (
    "服务器上没有中文字体，不能生成 PDF。请把有使用权的仿宋、小标宋等字体文件"
    "（ttf、otf、ttc）放入数据目录的 fonts 文件夹，或由系统管理员安装系统字体"
    "（如 Debian 的 fonts-noto-cjk）。现在可以下载 docx。"
)
OWN_TEMPLATES = "letters"
"""The folder of the bureau's own templates, in ``instance``."""
_ARCHIVE_YEAR = (1980, 1, 1, 0, 0, 0)
_MANY_NAMES = 100
_UNBROKEN, _PIECE = re.compile(r"[!-~]{15,}"), re.compile(r".{1,6}")
_LONG = 50_000
"""Characters of a paper that typst would keep tens of megabytes of."""
_KEPT_FOR = 12


class PaperFault(Exception):
    """The file cannot be made; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class _Fonts:
    known: typst.Fonts
    body: tuple[str, ...]
    title: tuple[str, ...]


def own_folder() -> Path:
    """Where the bureau's own templates and wordings lie."""
    return _instance() / OWN_TEMPLATES


def _instance() -> Path:
    config: Config = current_app.config["CONFIG"]
    return config.instance_dir


def _fonts() -> _Fonts:
    folders = [it for it in (_instance() / "fonts", Path(ROOT) / "fonts") if it.is_dir()]
    found = sorted(str(file) for folder in folders for file in folder.rglob("*"))
    return _read_fonts(tuple(str(it) for it in folders), tuple(found))


@lru_cache(maxsize=2)
def _read_fonts(folders: tuple[str, ...], _files: tuple[str, ...]) -> _Fonts:
    import typst  # takes long to load, and few processes ever make a paper

    known = typst.Fonts(True, False, list(folders))  # noqa: FBT003 - its own positional signature
    names = set(known.families())
    return _Fonts(
        known,
        tuple(it for it in BODY_FONTS if it in names),
        tuple(it for it in TITLE_FONTS if it in names),
    )


def forget_fonts() -> None:
    """Look for fonts anew, for who has put some elsewhere."""
    _read_fonts.cache_clear()


def why_no_pdf() -> str | None:
    """Why no PDF can be made here; None when a Chinese font was found."""
    return None if _fonts().body else NO_FONT


def pdf(source: bytes, values: object, made_at: datetime | None = None) -> bytes:
    """A PDF by a typst source, which reads ``sys.inputs.it`` and ``sys.inputs.fonts`` as JSON.

    ``made_at`` is the moment that the file bears: with it the file is fit for keeping (PDF/A-2b),
    and the same values give the same bytes wherever the fonts and the typst version are the same.
    """
    import typst

    fonts, said = _fonts(), json.dumps(values, ensure_ascii=False)
    if not fonts.body:
        raise PaperFault(NO_FONT)
    made = typst.compile(
        source,
        font_paths=fonts.known,
        format="pdf",
        sys_inputs={
            "it": said,
            "fonts": json.dumps({"body": list(fonts.body), "title": list(fonts.title)}),
        },
        pdf_standards=[] if made_at is None else ["a-2b"],
        timestamp=made_at and made_at.replace(microsecond=0),
        pdf_tags=made_at is None,
    )
    if len(said) > _LONG:
        _forget_compiled(fonts)
    if not isinstance(made, bytes):
        raise PaperFault("PDF 没有生成。请稍后再试，或下载 docx。")
    return made


def _forget_compiled(fonts: _Fonts) -> None:
    """Let typst drop what it keeps of a long paper: it holds on for ten more, long or short."""
    import typst

    for _ in range(_KEPT_FOR):
        typst.compile(b"", font_paths=fonts.known, format="pdf")


def docx(template: bytes, values: Mapping[str, Any], own: str, bad_template: str) -> bytes:
    """A docx by the bureau's own template ``own`` where there is one, else by ``template``.

    Raises PaperFault with ``bad_template`` when the bureau's own fails.
    """
    path = own_folder() / own
    if not path.is_file():
        return _filled(template, values)
    try:
        return _filled(path.read_bytes(), values)
    except Exception as fault:  # a template is a program of the bureau's: it may fail in any way
        log.warning("the template %s cannot be used: %s", own, type(fault).__name__)
        raise PaperFault(bad_template) from fault


def _filled(template: bytes, values: Mapping[str, Any]) -> bytes:
    from docxtpl import DocxTemplate

    buffer = io.BytesIO()
    document = DocxTemplate(io.BytesIO(template))
    environment = SandboxedEnvironment(autoescape=True)
    document.render(dict(values), jinja_env=environment, autoescape=True)
    document.save(buffer)
    return _of_no_day(buffer.getvalue())


def _of_no_day(archive: bytes) -> bytes:
    """The same archive without the moment at which its parts were written."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as read,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        for part in read.infolist():
            written.writestr(
                zipfile.ZipInfo(part.filename, _ARCHIVE_YEAR),
                read.read(part),
                compress_type=zipfile.ZIP_DEFLATED,
            )
    return buffer.getvalue()


def breakable(text: str) -> str:
    """The text with places (零宽空格) where a word too long for a narrow cell may be parted."""
    return _UNBROKEN.sub(lambda found: "\u200b".join(_PIECE.findall(found[0])), text)


def file_name(name: str, form: str) -> str:
    """A name that every system takes."""
    return f"{safe_name(name)[:_MANY_NAMES]}.{form}"


def safe_name(name: str) -> str:
    """A name without the characters that some system does not take."""
    return "".join("_" if it in '\\/:*?"<>|' or not it.isprintable() else it for it in name)
