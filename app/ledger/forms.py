"""What people send from the pages of this stage, read into values (表单)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import BinaryIO, cast

from werkzeug.datastructures import FileStorage

from app.kernel import files
from app.kernel.files import Stored
from app.kernel.spreadsheets import UnreadableWorkbook, inspect_workbook, shown_name
from app.ledger.listing import page_in
from app.ledger.queries import SORTS, ImportFilter
from app.ledger.workflow import LEDGER_IMPORT

_LONGEST_SEARCH = 100
_NO_FILE = (
    "没有收到文件：可能没有选择，或登录超时后文件未能保留。请选择台账文件，再点击“上传并核对”。"
)


def receive_workbook(sent: FileStorage | None) -> tuple[Stored, str]:
    """The uploaded file, kept on disk, and the name it is shown by.

    Looks only at what the file is, so that nobody waits; its rows are read in the background.
    Raises UnreadableWorkbook, and then keeps nothing.
    """
    if sent is None or not sent.filename:
        raise UnreadableWorkbook(_NO_FILE)
    name = shown_name(sent.filename) or "未命名文件"
    check = partial(inspect_workbook, original_name=name)
    return files.keep(cast("BinaryIO", sent.stream), check=check), name


def read_import_filter(args: Mapping[str, str]) -> ImportFilter:
    """The list of imports that the address asks for; what is not offered counts as not said."""
    state, sort = args.get("state", ""), args.get("sort", "")
    sort = sort if sort in SORTS else "uploaded"
    order = args.get("order", "")
    return ImportFilter(
        search=args.get("q", "").strip()[:_LONGEST_SEARCH],
        state=state if state in LEDGER_IMPORT.states else "",
        sort=sort,
        falling=order == "desc" if order in ("asc", "desc") else sort == "uploaded",
        page=page_in(args),
    )
