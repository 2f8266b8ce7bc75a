"""The enterprises' listener (企业申报入口), looked at from the machine it runs on."""

from __future__ import annotations

import http.client
import json
import os
import ssl
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import current_app, url_for

from app.accounts.entrance import is_for_filers
from app.filing.settings import main_door_is_closed
from app.kernel import tls
from app.kernel.config import Config
from app.operations.domain import Check, good, needs, note

NOTE = "filers-listener.json"
"""Left in the data folder by ``start.py`` while the listener is open."""
_TITLE = "企业申报入口"
_SECONDS = 3
_CERTIFICATE_DAYS = 30
_HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound
_ADDRESS_OF_OFFICERS = "accounts.account_list"


def check_filers_listener(config: Config, today: date) -> Check:
    """Whether it is open, answers filers, knows no officers' page, and is encrypted."""
    told = _told(config)
    if told is None and main_door_is_closed():
        return _needs(
            "没有开通，而本局设定企业账号只能从这里登录。",
            "企业现在无法登录。",
            "请照服务器手册“企业申报入口”开通，或把该项设定改为否。",
        )
    if told is None:
        return note("filers", _TITLE, "没有开通。")
    if not _is_kept(told):
        return note("filers", _TITLE, "服务没有运行，上次不是正常停止的；重新启动后再检查。")
    address = f"{told['host']}:{told['port']}"
    try:
        well, officers = _status(told, "/healthz"), _status(told, _page_of_officers())
    except (OSError, http.client.HTTPException):
        return _needs(f"{address} 没有应答。", "企业无法申报。", "请查看运行日志，重新启动服务。")
    if (well, officers) != (200, 404):
        return _needs(
            f"{address} 的应答不对（{well}、{officers}）。",
            "那个端口上运行的可能是另一个程序，或机关的页面在那里也能打开。",
            "请立即停止服务，核对 FILER_HOST、FILER_PORT，再重新启动。",
        )
    return _encryption(config, told, today, address)


def _encryption(config: Config, told: Mapping[str, Any], today: date, address: str) -> Check:
    if told["plain"]:
        return _needs(
            f"{address} 没有加密（ALLOW_PLAINTEXT）。",
            "企业的口令和材料在网络上明文传输。",
            "请设置 FILER_TLS_CERT、FILER_TLS_KEY，去掉 ALLOW_PLAINTEXT。",
        )
    served = tls.served_certificate(config.instance_dir, "in-use-filers")
    if served is not None and (served.expires_on - today).days < _CERTIFICATE_DAYS:
        return _needs(
            f"证书有效期至 {served.expires_on}。",
            "过期后浏览器会拦截访问。",
            "请更换证书后重新启动服务。",
        )
    if not told["hosts"]:
        return note(
            "filers",
            _TITLE,
            f"{address} 已开通；没有设置 FILER_TRUSTED_HOSTS，任何网址都能访问到它。",
        )
    known = told.get("address", "")
    where = f"账号单上写的网址是 {known}。" if known and "*" not in known else ""
    return good("filers", _TITLE, f"{address} 已开通，只答复企业的页面。{where}")


def _needs(what: str, why: str, todo: str) -> Check:
    return needs("filers", _TITLE, what, why, todo)


def _told(config: Config) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = json.loads((config.instance_dir / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told


def _is_kept(told: Mapping[str, Any]) -> bool:
    """Whether the program that opened it still runs; killed, it took no word of it back."""
    keeper = told.get("keeper")
    if not isinstance(keeper, int):
        return True
    try:
        os.kill(keeper, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's, or a system without such a question
        return True
    return True


def _page_of_officers() -> str:
    """An address that only officers have; 404 there, where this process would ask to sign in."""
    view = current_app.view_functions[_ADDRESS_OF_OFFICERS]
    if is_for_filers(_ADDRESS_OF_OFFICERS, view):
        raise RuntimeError("the account list is not for filers")
    with current_app.test_request_context():
        return url_for(_ADDRESS_OF_OFFICERS)


def _status(told: Mapping[str, Any], path: str) -> int:
    host, port = _HERE.get(told["host"], told["host"]), int(told["port"])
    connection: http.client.HTTPConnection
    if told["tls"]:
        # Whose certificate it is does not matter: only whether the right pages answer.
        unchecked = ssl.create_default_context()
        unchecked.check_hostname = False
        unchecked.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=unchecked)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status
    finally:
        connection.close()
