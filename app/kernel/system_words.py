"""What the operating system says of files, in Chinese (系统提示)."""

from __future__ import annotations

import errno
from collections.abc import Mapping

_WHY: Mapping[int, str] = {
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EISDIR: "这是文件夹，不是文件",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.ENOSPC: "磁盘已满",
    errno.EROFS: "磁盘是只读的",
    errno.ENAMETOOLONG: "文件名太长",
}


def why(error: OSError) -> str:
    """What the system says of a file, in Chinese where the fault is a common one."""
    return _WHY.get(error.errno or 0, error.strerror or str(error) or "未知原因")


def disk_is_full(error: BaseException) -> bool:
    """Whether there was no room for what was to be written: a file, or rows of a database."""
    told = getattr(error, "orig", None) or error
    if isinstance(told, OSError):
        return told.errno in {errno.ENOSPC, errno.EDQUOT}
    return "disk is full" in str(told) or getattr(told, "sqlstate", "") == _DISK_FULL


_DISK_FULL = "53100"
"""What PostgreSQL calls it."""
