"""The listener for enterprises (企业申报入口), beside the bureau's own: off unless asked for.

It is a second web process with the same data and the variable ``LISTENER=filers``: the program in
it knows the filers' views only (app/accounts/entrance.py). A process of its own, because a web
server speaks on one address with one certificate; and because whatever reaches it from outside
then neither runs beside officers' requests nor takes their turns.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import tls
from telling import Unable

NOTE = "filers-listener.json"
"""File in the data folder while the listener is open; ``doctor`` asks where it says."""
_ADDRESS = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")
IN_USE = "in-use-filers"
"""Names its certificate in ``instance/tls/``."""


@dataclass(frozen=True, slots=True)
class Listener:
    """An address pages are served at, and the certificate files given for it."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    address: str = ""
    """Where people find it, if that is said."""

    @property
    def written(self) -> str:
        """Host and port as they stand in an address."""
        return f"{in_address(self.host)}:{self.port}"


def in_address(host: str) -> str:
    """The host as an address has it."""
    return f"[{host}]" if ":" in host else host


def add_options(parser: argparse.ArgumentParser) -> None:
    """``--filer-…``; what is not given comes from the variables ``FILER_…``."""
    parser.add_argument("--filer-host", metavar="HOST", help="企业申报入口的监听地址，默认不开")
    parser.add_argument("--filer-port", metavar="PORT", help="企业申报入口的监听端口")
    parser.add_argument("--filer-address", metavar="URL", help="企业打开的网址，印在账号单上")
    parser.add_argument("--filer-tls-cert", metavar="FILE", help="企业申报入口的 TLS 证书（PEM）")
    parser.add_argument("--filer-tls-key", metavar="FILE", help="企业申报入口的 TLS 私钥")


def chosen(options: argparse.Namespace, environ: Mapping[str, str]) -> Listener | None:
    """The listener asked for, or None. Raises Unable with what is wrong with it."""

    def given(name: str) -> str:
        said = getattr(options, f"filer_{name}", None) or environ.get(f"FILER_{name.upper()}", "")
        return str(said).strip()

    host, port, address = given("host"), given("port"), given("address")
    certificate, key = given("tls_cert"), given("tls_key")
    if address and not _ADDRESS.fullmatch(address):
        raise Unable(
            f"--filer-address“{address[:60]}”不是网址。请写明 http:// 或 https://、主机名和端口。"
        )
    if not any((host, port, certificate, key, getattr(options, "filer_address", None))):
        return None  # FILER_ADDRESS alone: another machine has the listener
    if not (host and port):
        raise Unable("开通企业申报入口须同时给出 --filer-host 与 --filer-port。")
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise Unable("--filer-port 应为 1 到 65535 的整数。")
    if int(port) == options.port:
        raise Unable("企业申报入口须用另一个端口，请换一个 --filer-port。")
    if bool(certificate) != bool(key):
        raise Unable("--filer-tls-cert 与 --filer-tls-key 须同时给出。")
    if not certificate:
        return Listener(host, int(port), address=address)
    return Listener(host, int(port), Path(certificate), Path(key), address)


def address_of(listener: Listener, environ: Mapping[str, str], *, is_encrypted: bool) -> str:
    """The address that enterprises are told: the one given, else its first name with the port.

    ``*`` stands for a name that only the officer's browser knows, where it listens everywhere.
    """
    if listener.address:
        return listener.address
    names = (
        it.strip() for it in environ.get("FILER_TRUSTED_HOSTS", "").replace("，", ",").split(",")
    )
    name = next((it for it in names if it and not it.startswith(".")), "")
    name = name or ("*" if listener.host in tls.NO_NAMES else in_address(listener.host))
    usual = 443 if is_encrypted else 80
    port = "" if listener.port == usual else f":{listener.port}"
    return f"{'https' if is_encrypted else 'http'}://{name}{port}"


def environ_of(
    listener: Listener, common: Mapping[str, str], served_with: tls.Tls | None
) -> dict[str, str]:
    """What its process is told; the main listener's word on encryption is not its own."""
    environ = {**common, "LISTENER": "filers"}
    environ.pop("ALLOW_PLAINTEXT", None)
    environ.pop("TLS", None)
    if served_with:
        environ["TLS"] = "own" if served_with.is_own else "1"
    elif tls.is_loopback(listener.host) and os.environ.get("TLS"):
        environ["TLS"] = os.environ["TLS"]  # a proxy on this machine encrypts
    elif not tls.is_loopback(listener.host):
        environ["ALLOW_PLAINTEXT"] = "1"
    return environ


def certificate_of(listener: Listener, main: tls.Tls | None, instance: Path) -> tls.Tls | None:
    """Its own certificate, else the main listener's, else one made for this machine."""
    if listener.certificate is None and tls.may_be_plain(listener.host):
        return None
    if listener.certificate is None and main is not None:
        return main
    return tls.provide(listener.host, listener.certificate, listener.key, instance)


def note(
    listener: Listener | None, environ: Mapping[str, str], served_with: tls.Tls | None
) -> None:
    """Leave word of the listener that is open from now on, or that none is."""
    instance = Path(environ["INSTANCE_DIR"])
    tls.note_in_use(instance, served_with, IN_USE)
    path = instance / NOTE
    if listener is None:
        path.unlink(missing_ok=True)
        return
    told = {
        "host": listener.host,
        "port": listener.port,
        "tls": served_with is not None,
        "plain": environ.get("ALLOW_PLAINTEXT") == "1",
        "hosts": bool(environ.get("FILER_TRUSTED_HOSTS", "").strip()),
        "address": environ.get("FILER_ADDRESS", ""),
        "keeper": os.getpid(),
    }
    path.write_text(json.dumps(told), encoding="utf-8")
