"""Set the app up and serve it (一条命令启动): ``python3 scripts/start.py [--demo] …``."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import filers
import processes
import tls
import versions
from environment import PYTHON, ROOT, RUNTIME_LOCK, VENV, flask, prepare
from telling import Unable, relayed, say

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound

MOST_PROCESSES = 64
THREADS = 16
"""So many requests may be under way in a web process; app/kernel/turns.py lets one at a time
compute, the others are those that wait for the writer's lock or take long."""


class Parser(argparse.ArgumentParser):
    """Bad use is one line, like every other error."""

    def error(self, message: str) -> NoReturn:
        print(f"参数有误：{message}。加 --help 可查看用法。", file=sys.stderr)
        sys.exit(2)


def main() -> int:
    """Everything from a bare folder to a served page; returns the exit code."""
    versions.follow("start.py")
    parser = _parser()
    options = parser.parse_args()
    refusal = _refusal(options)
    if refusal:
        parser.error(refusal)
    try:
        return _start(options)
    except Unable as problem:
        print(f"无法启动：{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> Parser:
    parser = Parser(description="建立运行环境和数据库，并启动网页服务。", allow_abbrev=False)
    parser.add_argument("--demo", action="store_true", help="空库时载入示例县数据并列出示例账号")
    parser.add_argument("--host", default="127.0.0.1", help="监听地址，默认 127.0.0.1")
    parser.add_argument("--port", type=_port, default=8000, help="监听端口，默认 8000")
    parser.add_argument("--instance", type=Path, metavar="DIR", help="数据目录，默认 instance/")
    parser.add_argument("--setup-only", action="store_true", help="只做准备，不启动服务")
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="TLS 证书（PEM）")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="TLS 私钥（PKCS#8 PEM）")
    filers.add_options(parser)
    return parser


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError("端口应为 1 到 65535 的整数")


def _refusal(options: argparse.Namespace) -> str | None:
    """Why this combination of options is not served, or None."""
    if (options.tls_cert is None) != (options.tls_key is None):
        return "--tls-cert 与 --tls-key 须同时给出"
    try:
        filers.chosen(options, os.environ)
    except Unable as problem:
        return str(problem).removesuffix("。")
    return None


def _start(options: argparse.Namespace) -> int:
    chosen = options.instance or os.environ.get("INSTANCE_DIR") or versions.HOME / "instance"
    instance = Path(chosen).resolve()
    _check_folder(instance)
    outside = filers.chosen(options, os.environ)
    listeners = [filers.Listener(options.host, options.port, options.tls_cert, options.tls_key)]
    listeners += [outside] if outside else []
    for it in listeners:
        tls.check_files(it.certificate, it.key)
        if not options.setup_only:
            _check_port(it.host, it.port)
    prepare(RUNTIME_LOCK)
    also = (outside.host,) if outside else ()
    served_with = tls.provide(options.host, options.tls_cert, options.tls_key, instance, also)
    environ = _environ(options, instance, served_with)
    outside_with = filers.certificate_of(outside, served_with, instance) if outside else None
    if outside:
        environ["FILER_ADDRESS"] = filers.address_of(
            outside, environ, is_encrypted=outside_with is not None
        )
    if options.setup_only:
        certificate = f"{served_with.told}\n" if served_with else ""
        say(f"{certificate}{_prepare_data(options, environ)}\n准备完成。")
        return 0
    return _serve(Serving(options, environ, listeners[0], served_with, outside, outside_with))


def _check_folder(instance: Path) -> None:
    try:
        instance.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=instance):
            pass
        with suppress(PermissionError):  # somebody else's, who let us write
            instance.chmod(0o700)
    except OSError as error:
        raise Unable(
            f"数据目录 {instance} 不可写（{error.strerror}）。请用 --instance 指定可写的目录。"
        ) from error


def _check_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name != "nt":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except PermissionError as error:
        raise Unable(f"没有权限使用端口 {port}。请用 --port 换一个 1024 以上的端口。") from error
    except socket.gaierror as error:
        raise Unable(f"无法识别监听地址 {host}。请用 --host 给出本机的地址。") from error
    except OSError as error:
        raise Unable(
            f"无法监听 {host} 的端口 {port}（已被占用，或不是本机地址）。"
            "请先停掉占用它的程序，或用 --port 换一个端口。"
        ) from error


def _environ(
    options: argparse.Namespace, instance: Path, served_with: tls.Tls | None
) -> dict[str, str]:
    """What the app's processes are told: where the data is, and how the page is reached."""
    environ = {**os.environ, "INSTANCE_DIR": str(instance), "PYTHONUTF8": "1"}
    environ.pop("ALLOW_PLAINTEXT", None)
    environ.pop("LISTENER", None)
    if served_with:
        environ["TLS"] = "own" if served_with.is_own else "1"
    elif not tls.is_loopback(options.host):
        environ["ALLOW_PLAINTEXT"] = "1"
        say("警告：未启用 TLS，口令和数据在网络上明文传输。")
    return environ


def _prepare_data(options: argparse.Namespace, environ: dict[str, str]) -> str:
    """Migrate, load the demo if asked; returns what to tell the person. Raises Unable."""
    if options.demo:
        say("正在准备示例数据。")
    command = [str(PYTHON), "-m", "scripts.prepare_data", *(["--demo"] if options.demo else [])]
    code, printed, faults = relayed(command, ROOT, environ)
    if code:
        raise Unable(faults)
    program = VENV.relative_to(ROOT) / PYTHON.parent.name / "flask"
    at = f"cd {ROOT} && INSTANCE_DIR={environ['INSTANCE_DIR']}"
    command_line = f"其他命令：{at} {program} --app wsgi --help"
    return "\n".join(filter(None, (faults, printed, command_line)))


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served: the bureau's listener, and the enterprises' where one is asked for."""

    options: argparse.Namespace
    environ: dict[str, str]
    main: filers.Listener
    served_with: tls.Tls | None
    outside: filers.Listener | None
    outside_with: tls.Tls | None


def _serve(serving: Serving) -> int:
    main, environ, served_with = serving.main, serving.environ, serving.served_with
    reachable = EVERY_ADDRESS.get(main.host, main.host)
    preparing = Path(environ["INSTANCE_DIR"]) / "preparing"
    preparing.touch()
    tls.note_in_use(preparing.parent, served_with)
    web = processes.Child(
        "网页服务",
        _web_server(main, served_with, _web_processes()),
        {**environ, "WAIT_WHILE": str(preparing)},
    )
    others = [processes.Child("后台任务", flask("worker"), environ, yielding=True)]
    outside, told_of_outside = _outside(serving)
    others += outside

    def announcement() -> str:
        # In parallel: the web server takes as long to load, and answers nobody while the file
        # that it was given stands.
        prepared = _prepare_data(serving.options, environ)
        preparing.unlink()
        address = f"{'https' if served_with else 'http'}://{main.written}"
        certificate = f"{served_with.told}\n" if served_with else ""
        return f"服务已启动：{address}\n{told_of_outside}{certificate}{prepared}\n按 Ctrl-C 停止。"

    try:
        return processes.run(web, others, (reachable, main.port), announcement)
    finally:
        preparing.unlink(missing_ok=True)
        filers.note(None, environ, None)


def _outside(serving: Serving) -> tuple[list[processes.Child], str]:
    """The enterprises' web server, and what the person is told of it; nothing when not asked."""
    if serving.outside is None:
        filers.note(None, serving.environ, None)
        return [], ""
    it = serving.outside
    served_with = serving.outside_with
    environ = filers.environ_of(it, serving.environ, served_with)
    filers.note(it, environ, served_with)
    if environ.get("ALLOW_PLAINTEXT"):
        say("警告：企业申报入口未启用 TLS，口令和数据在网络上明文传输。")
    child = processes.Child("企业申报入口", _web_server(it, served_with, 1), environ)
    return [child], f"企业申报入口：{'https' if served_with else 'http'}://{it.written}\n"


def _web_processes() -> int:
    """How many processes answer requests, unless WEB_PROCESSES says otherwise.

    On PostgreSQL two: while one waits for the answers to its statements, the other computes.
    """
    on_server = os.environ.get("DATABASE_URL", "").startswith("postgres")
    given = os.environ.get("WEB_PROCESSES", "").strip() or ("2" if on_server else "1")
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= MOST_PROCESSES):
        raise Unable(f"环境变量 WEB_PROCESSES 应为 1 到 {MOST_PROCESSES} 的整数。")
    return int(given)


def _web_server(
    listener: filers.Listener, served_with: tls.Tls | None, processes_wanted: int
) -> list[str]:
    """granian where it could be installed, else waitress (which speaks no TLS)."""
    if not tls.has_tls_server():
        listen = f"--listen={listener.written}"
        return [str(PYTHON), "-m", "waitress", f"--threads={THREADS}", listen, "wsgi:app"]
    command = [str(PYTHON), "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += [
        "--workers",
        str(processes_wanted),
        "--blocking-threads",
        str(THREADS),
        "--respawn-failed-workers",
    ]
    command += ["--log-level", "error", "--host", listener.host, "--port", str(listener.port)]
    if served_with:
        command += ["--ssl-protocol-min", "tls1.2"]
        command += ["--ssl-certificate", str(served_with.certificate)]
        command += ["--ssl-keyfile", str(served_with.key)]
    return [*command, "wsgi:app"]


if __name__ == "__main__":
    sys.exit(main())
