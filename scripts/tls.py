"""Which certificate the web server shows (传输加密): the one given, else one of its own."""

from __future__ import annotations

import ipaddress
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from environment import PYTHON, ROOT, VENV
from telling import Unable

LOOPBACK_NAMES = {"localhost"}
NO_NAMES = {"0.0.0.0", "::"}  # noqa: S104 - compared with, not bound
IN_USE = "in-use"
"""File in ``instance/tls/`` that names the certificate served; read by the administrator's page."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificate and key, and what the administrator is told of them."""

    certificate: Path
    key: Path
    told: str
    is_own: bool


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES


def may_be_plain(host: str) -> bool:
    """Whether pages may go over the network unencrypted: here alone, or by the person's word."""
    return is_loopback(host) or os.environ.get("ALLOW_PLAINTEXT") == "1"


def has_tls_server() -> bool:
    """Whether the web server that speaks TLS could be installed on this machine."""
    return any(VENV.glob("[lL]ib*/**/site-packages/granian/__init__.py"))


def check_files(certificate: Path | None, key: Path | None) -> None:
    """Look at the files given before anything is installed. Raises Unable."""
    for path in filter(None, (certificate, key)):
        try:
            text = path.read_text(encoding="ascii", errors="replace")
        except OSError as error:
            raise Unable(
                f"读不到 TLS 文件 {path}（{error.strerror}）。请检查路径和权限。"
            ) from error
        if path == key and "BEGIN PRIVATE KEY" not in text:
            raise Unable(
                f"私钥 {path} 不是 PKCS#8 格式。请先转换："
                f"openssl pkcs8 -topk8 -nocrypt -in {path} -out server.key。"
            )


def provide(
    host: str,
    certificate: Path | None,
    key: Path | None,
    instance: Path,
    also: tuple[str, ...] = (),
) -> Tls | None:
    """The certificate to serve with, made if need be; None for plain pages. Raises Unable.

    ``also``: further names that one of our own making is to bear.
    """
    folder = instance / "tls"
    if certificate is None and may_be_plain(host):
        return None
    if not has_tls_server():
        raise Unable(
            "这台机器装不上支持 TLS 的网页服务程序（granian），备用的 waitress 只能明文传输。"
            "请只监听 127.0.0.1，在同一台机器上另设 TLS 代理，并设置环境变量 TLS=1。"
        )
    is_own = certificate is None or key is None
    if certificate is not None and key is not None:
        told = _ask("given", str(certificate.resolve()), str(key.resolve()))
    else:
        asked = [host, *also, *re.split(r"[\s,，、]+", os.environ.get("TLS_NAMES", ""))]
        told = _ask("own", str(folder), *(it for it in asked if it and it not in NO_NAMES))
        certificate, key = folder / "server.crt", folder / "server.key"
    return Tls(certificate.resolve(), key.resolve(), told, is_own)


def _ask(*arguments: str) -> str:
    script = str(ROOT / "scripts" / "certificate.py")
    environ = {**os.environ, "PYTHONUTF8": "1"}
    result = subprocess.run(
        [str(PYTHON), script, *arguments], capture_output=True, encoding="utf-8", env=environ
    )
    if result.returncode:
        raise Unable(result.stderr.strip().splitlines()[-1])
    return result.stdout.strip()


def note_in_use(instance: Path, served_with: Tls | None, name: str = IN_USE) -> None:
    """Leave word of the certificate that is served from now on."""
    folder = instance / "tls"
    if served_with is None:
        (folder / name).unlink(missing_ok=True)
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = folder / f"{name}.part"
    unfinished.write_text(f"{served_with.certificate}\n", encoding="utf-8")
    unfinished.replace(folder / name)
