"""Letters as files (告知书文件): Word and PDF by the kernel's papers, all of them as an archive.

A bureau's own template is ``instance/letters/allocation.docx``.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from importlib import resources

from app.kernel import papers
from app.rights.letters import Letter

BAD_TEMPLATE = (
    "告知书模板有误，没有生成。请核对数据目录 letters 文件夹中的 allocation.docx，"
    "或移走它以使用系统自带的模板。"
)


def as_pdf(letter: Letter) -> bytes:
    """The letter as PDF; texts are handed over as data and never read as markup."""
    return papers.pdf(_part("letter.typ"), letter.values())


def as_docx(letter: Letter) -> bytes:
    """The letter as docx, by the bureau's own template where there is one."""
    return papers.docx(_part("letter.docx"), letter.values(), "allocation.docx", BAD_TEMPLATE)


def _part(name: str) -> bytes:
    return (resources.files("app.rights") / "data" / name).read_bytes()


MAKERS: dict[str, Callable[[Letter], bytes]] = {"docx": as_docx, "pdf": as_pdf}


def archive(
    letters: Iterable[Letter], form: str, progress: Callable[[int], None] = lambda _made: None
) -> bytes:
    """All letters as one zip; two of one name are told apart by a number."""
    buffer, names = io.BytesIO(), set[str]()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for made, letter in enumerate(letters, start=1):
            name = papers.file_name(letter.file_name, form)
            if name in names:
                name = f"{made}_{name}"
            names.add(name)
            file.writestr(name, MAKERS[form](letter))
            progress(made)
    return buffer.getvalue()
