"""The server's own certificate (本机证书), made when none is given; a given one is looked over.

Run by ``start.py`` inside the environment, before the web server:
``certificate.py own FOLDER [NAME …]`` or ``certificate.py given CERTIFICATE KEY``. Prints what the
administrator should know; one sentence on stderr and code 1 when it cannot be used.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAYS = 825
"""As long as browsers accept a certificate."""
RENEWED_DAYS_BEFORE = 30
LONGEST_COMMON_NAME = 64


class Unusable(Exception):
    """The certificate cannot be served; the text is the sentence the person reads."""


def main(arguments: list[str]) -> int:
    """Make or look over; returns the exit code."""
    try:
        if arguments[0] == "own":
            print(keep_own(Path(arguments[1]), arguments[2:]))
        else:
            print(look_over(Path(arguments[1]), Path(arguments[2])))
    except Unusable as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"无法读写证书文件 {error.filename}（{error.strerror}）。", file=sys.stderr)
        return 1
    return 0


def keep_own(folder: Path, names: list[str]) -> str:
    """See that ``folder`` holds a certificate for these names that lasts; returns what to tell."""
    certificate = folder / "server.crt"
    held = _read(certificate) if certificate.exists() and (folder / "server.key").exists() else None
    news = ""
    if held is None or _left(held) < timedelta(days=RENEWED_DAYS_BEFORE) or _lacks(held, names):
        news = "已生成本机证书。" if held is None else "已换新本机证书。"
        make(folder, names)
        held = _read(certificate)
    return (
        f"{news}证书指纹（SHA-256）：{_fingerprint(held)}，有效期至 {_until(held)}。\n"
        "浏览器首次打开会提示证书不受信任：请核对指纹，"
        f"或把 {certificate} 作为受信任的根证书分发到各台电脑。"
    )


def look_over(certificate: Path, key: Path) -> str:
    """See that a given certificate and key belong together and hold. Raises Unusable."""
    held = _read(certificate)
    try:
        secret = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise Unusable(f"读不懂私钥 {key}。请给出没有口令保护的 PKCS#8 PEM 文件。") from error
    if _public(secret.public_key()) != _public(held.public_key()):
        raise Unusable(f"证书 {certificate} 与私钥 {key} 不是一对。请检查两个文件。")
    if _left(held) <= timedelta(0):
        raise Unusable(f"证书 {certificate} 已于 {_until(held)} 过期。请换用新的证书。")
    told = f"证书指纹（SHA-256）：{_fingerprint(held)}，有效期至 {_until(held)}。"
    if _left(held) < timedelta(days=RENEWED_DAYS_BEFORE):
        told += "证书即将到期，请尽快换新。"
    return told


def make(folder: Path, names: Iterable[str]) -> None:
    """Write a new key and certificate for this machine and ``names``; the key for us alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, socket.gethostname()[:LONGEST_COMMON_NAME]),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "jixiao"),
        ]
    )
    now = datetime.now(UTC)
    everything = dict.fromkeys([*names, *_own_names()])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # a clock that is slow must not refuse it
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(
            x509.SubjectAlternativeName([_general_name(it) for it in everything]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _replace(folder / "server.key", secret, 0o600)
    _replace(folder / "server.crt", certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _replace(path: Path, content: bytes, permissions: int) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, permissions)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    unfinished.replace(path)


def _own_names() -> list[str]:
    """What this machine is reached by: its name, its addresses, the loopback."""
    found = [socket.gethostname(), "localhost", "127.0.0.1", "::1"]
    hostname = shutil.which("hostname")
    if hostname:
        told = subprocess.run([hostname, "-I"], capture_output=True, text=True)
        found += told.stdout.split() if told.returncode == 0 else []
    with suppress(OSError):
        found += [str(it[4][0]) for it in socket.getaddrinfo(socket.gethostname(), None)]
    # Nothing is sent: this asks which of our addresses would be used to reach others.
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        found.append(probe.getsockname()[0])
    return [name.split("%")[0] for name in found]


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        try:
            return x509.DNSName(name.encode("idna").decode("ascii"))
        except UnicodeError as error:
            raise Unusable(f"“{name}”不能作为证书里的名称。请检查 TLS_NAMES。") from error


def _lacks(certificate: x509.Certificate, names: Iterable[str]) -> bool:
    """Whether a name that is asked for is not in the certificate."""
    held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return any(_general_name(name) not in held for name in names)


def _read(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        raise Unusable(f"读不懂证书 {path}。请给出 PEM 格式的证书。") from error


def _left(certificate: x509.Certificate) -> timedelta:
    return certificate.not_valid_after_utc - datetime.now(UTC)


def _until(certificate: x509.Certificate) -> str:
    return f"{certificate.not_valid_after_utc:%Y-%m-%d}"


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _public(key: object) -> bytes:
    if not hasattr(key, "public_bytes"):
        raise Unusable("证书的公钥种类不能用于网页服务。请换用 RSA 或 EC 证书。")
    encoded: bytes = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
