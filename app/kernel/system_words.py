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
