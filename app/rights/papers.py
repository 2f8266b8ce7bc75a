"""Letters as files (告知书文件): docx from a template an office can edit, PDF by typst.

A bureau's own template is ``instance/letters/allocation.docx``. Fonts are looked for in
``instance/fonts``, then in ``fonts/`` beside the program, then among the system's.
"""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app
from jinja2.sandbox import SandboxedEnvironment

from app.kernel.config import ROOT, Config
from app.rights.letters import Letter

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
BAD_TEMPLATE = (
    "告知书模板有误，没有生成。请核对数据目录 letters 文件夹中的 allocation.docx，"
    "或移走它以使用系统自带的模板。"
)
_MANY_NAMES = 200


class PaperFault(Exception):
    """The file cannot be made; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class _Fonts:
    known: typst.Fonts
    body: tuple[str, ...]
    title: tuple[str, ...]


def _instance() -> Path:
    config: Config = current_app.config["CONFIG"]
    return config.instance_dir


def _fonts() -> _Fonts:
    folders = [it for it in (_instance() / "fonts", Path(ROOT) / "fonts") if it.is_dir()]
    found = sorted(str(file) for folder in folders for file in folder.rglob("*"))
    return _read_fonts(tuple(str(it) for it in folders), tuple(found))


@lru_cache(maxsize=2)
def _read_fonts(folders: tuple[str, ...], _files: tuple[str, ...]) -> _Fonts:
    import typst  # takes long to load, and few processes ever make a letter

    known = typst.Fonts(True, False, list(folders))  # noqa: FBT003 - its own positional signature
    names = set(known.families())
    return _Fonts(
        known,
        tuple(it for it in BODY_FONTS if it in names),
        tuple(it for it in TITLE_FONTS if it in names),
    )


def why_no_pdf() -> str | None:
    """Why no PDF can be made here; None when a Chinese font was found."""
    return None if _fonts().body else NO_FONT


def as_pdf(letter: Letter) -> bytes:
    """The letter as PDF; texts are handed over as data and never read as markup."""
    import typst

    fonts = _fonts()
    if not fonts.body:
        raise PaperFault(NO_FONT)
    source = (resources.files("app.rights") / "data/letter.typ").read_bytes()
    made = typst.compile(
        source,
        font_paths=fonts.known,
        format="pdf",
        sys_inputs={
            "letter": json.dumps(letter.values(), ensure_ascii=False),
            "fonts": json.dumps({"body": list(fonts.body), "title": list(fonts.title)}),
        },
    )
    if not isinstance(made, bytes):
        raise PaperFault("PDF 没有生成。请稍后再试，或下载 docx。")
    return made


def as_docx(letter: Letter) -> bytes:
    """The letter as docx, by the bureau's own template where there is one."""
    own = _instance() / "letters" / "allocation.docx"
    if not own.is_file():
        return _filled((resources.files("app.rights") / "data/letter.docx").read_bytes(), letter)
    try:
        return _filled(own.read_bytes(), letter)
    except Exception as fault:  # a template is a program of the bureau's: it may fail in any way
        log.warning("the letter's template cannot be used: %s", type(fault).__name__)
        raise PaperFault(BAD_TEMPLATE) from fault


def _filled(template: bytes, letter: Letter) -> bytes:
    from docxtpl import DocxTemplate

    buffer = io.BytesIO()
    document = DocxTemplate(io.BytesIO(template))
    environment = SandboxedEnvironment(autoescape=True)
    document.render(letter.values(), jinja_env=environment, autoescape=True)
    document.save(buffer)
    return buffer.getvalue()


MAKERS: dict[str, Callable[[Letter], bytes]] = {"docx": as_docx, "pdf": as_pdf}


def archive(
    letters: Iterable[Letter], form: str, progress: Callable[[int], None] = lambda _made: None
) -> bytes:
    """All letters as one zip; two of one name are told apart by a number."""
    buffer, names = io.BytesIO(), set[str]()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for made, letter in enumerate(letters, start=1):
            name = file_name(letter, form)
            if name in names:
                name = f"{made}_{name}"
            names.add(name)
            file.writestr(name, MAKERS[form](letter))
            progress(made)
    return buffer.getvalue()


def file_name(letter: Letter, form: str) -> str:
    """A name that every system takes."""
    kept = "".join("_" if it in '\\/:*?"<>|' else it for it in letter.file_name)
    return f"{kept[: _MANY_NAMES // 2]}.{form}"
