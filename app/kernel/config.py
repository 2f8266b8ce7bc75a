"""Typed configuration, read once from the environment (配置)."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.kernel.system_words import why

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT.parents[1] if ROOT.parent.name == "versions" else ROOT
"""The folder first unpacked, where the data lie; ``scripts/versions.py`` tells of the versions."""
MOVED = "moved-to-postgresql.txt"
"""Left in the instance folder by a move; its SQLite file is then no longer what is in force."""

SHORTEST_LOG = 184
"""Days for which network logs (网络日志) are kept at least: the law says six months."""


class ConfigError(Exception):
    """The installation cannot start; the text says what, why and what to do."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything one installation decides before it starts.

    ``instance_dir`` holds all local state: database file, evidence, exports, keys.
    ``secure_cookies`` is true when the server speaks TLS; ``own_certificate`` when it does so with
    a certificate that no authority vouches for.
    """

    instance_dir: Path
    database_url: str
    secret_key: str
    testing: bool = False
    secure_cookies: bool = False
    own_certificate: bool = False
    plaintext_allowed: bool = False
    max_upload_bytes: int = 64 * 1024 * 1024
    log_days: int = SHORTEST_LOG
    log_bytes: int = 2048 * 1024 * 1024
    backup_dir: Path | None = None
    anchor_dir: Path | None = None
    trusted_hosts: tuple[str, ...] = ()
    """The names by which the server may be addressed; any when empty."""
    enterprise_address: str = ""
    """Where enterprises sign in: what ``start.py`` makes of the settings of their listener.

    ``*`` stands for the name this server is asked by. Empty: without such a listener."""
    for_filers: bool = False
    """Whether this process is the enterprises' listener (企业申报入口)."""

    @property
    def backups(self) -> Path:
        """Where backups are put (备份目录): ``BACKUP_DIR``, or inside the instance folder."""
        return self.backup_dir or self.instance_dir / "backups"

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def cookie_name(self) -> str:
        """Browsers keep cookies by host, not by port: each listener has a name of its own."""
        own = "jixiao-filers" if self.for_filers else "jixiao"
        return f"__Host-{own}" if self.secure_cookies else own

    @staticmethod
    def from_environment(environ: Mapping[str, str] | None = None) -> Config:
        """The configuration of this process. Raises ConfigError with one clear sentence."""
        env = os.environ if environ is None else environ
        instance = Path(env.get("INSTANCE_DIR") or HOME / "instance").resolve()
        try:
            instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"无法建立数据目录 {instance}（{why(error)}）。请改用可写的目录（INSTANCE_DIR）。"
            ) from error
        for_filers = env.get("LISTENER") == "filers"
        hosts = "FILER_TRUSTED_HOSTS" if for_filers else "TRUSTED_HOSTS"
        return Config(
            instance_dir=instance,
            database_url=_database_url(env.get("DATABASE_URL"), instance),
            secret_key=env.get("SECRET_KEY") or _kept_secret(instance / "secret.key"),
            secure_cookies=env.get("TLS") in ("1", "own"),
            own_certificate=env.get("TLS") == "own",
            plaintext_allowed=env.get("ALLOW_PLAINTEXT") == "1",
            backup_dir=_folder(env.get("BACKUP_DIR")),
            anchor_dir=_folder(env.get("ANCHOR_DIR")),
            trusted_hosts=_hosts(hosts, env.get(hosts, "")),
            for_filers=for_filers,
            enterprise_address=env.get("FILER_ADDRESS", "").strip()[:200],
            log_days=_number(env, "LOG_DAYS", SHORTEST_LOG, least=SHORTEST_LOG),
            log_bytes=_number(env, "LOG_MEGABYTES", 2048, least=100) * 1024 * 1024,
        )


def version_in_force(environ: Mapping[str, str]) -> Path | None:
    """The folder of the program in force when it is not this one; None while versions change."""
    try:
        name = (HOME / "versions" / "current").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    folder = HOME if name == "." else HOME / "versions" / name
    is_other = folder != ROOT and (folder / "wsgi.py").exists()
    return folder if is_other and environ.get("CHANGING_VERSION") != "1" else None


def _folder(given: str | None) -> Path | None:
    return Path(given).resolve() if given else None


_OWN_HOSTS = ("127.0.0.1", "localhost", "[::1]")
"""By which the machine itself asks whether the server answers."""
_HOST = re.compile(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:]+\]")


def _hosts(variable: str, given: str) -> tuple[str, ...]:
    """The names set in this variable; one that begins with a dot stands for all names below it."""
    names = [name.strip() for name in given.replace("，", ",").split(",") if name.strip()]
    wrong = next((name for name in names if not _HOST.fullmatch(name)), None)
    if wrong is not None:
        raise ConfigError(
            f"环境变量 {variable} 中的“{wrong[:40]}”不是主机名或地址。"
            "请填写浏览器地址栏中的主机名或 IP，不带 https:// 和端口，多个用逗号隔开。"
        )
    return (*names, *_OWN_HOSTS) if names else ()


def _number(env: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    given = env.get(name, "").strip()
    if not given:
        return default
    if not (given.isascii() and given.isdigit() and int(given) >= least):
        raise ConfigError(f"环境变量 {name} 应为不小于 {least} 的整数，现在是“{given[:20]}”。")
    return int(given)


def _database_url(given: str | None, instance: Path) -> str:
    if not given:
        moved = instance / MOVED
        if moved.exists():
            raise ConfigError(
                "数据已迁往 PostgreSQL，请设置环境变量 DATABASE_URL。"
                f"要退回原来的 SQLite 库（迁移以后的数据不在其中），请删除 {moved}。"
            )
        return f"sqlite:///{instance / 'app.db'}"
    return given if given.startswith("sqlite:///") else postgresql_address(given)


def postgresql_address(given: str) -> str:
    """The address as the driver takes it. Raises ConfigError when it is none of PostgreSQL."""
    for prefix in ("postgres://", "postgresql://"):
        if given.startswith(prefix):
            return "postgresql+psycopg://" + given.removeprefix(prefix)
    if given.startswith("postgresql+psycopg://"):
        return given
    raise ConfigError(
        "DATABASE_URL 不是可用的数据库地址。请使用 postgresql://用户:口令@主机/库名，"
        "或不设置以使用数据目录中的 SQLite 文件。"
    )


def _kept_secret(path: Path) -> str:
    """The installation's key: made once, readable by its owner only.

    It appears whole or not at all, since server and worker of a first start ask at the same time.
    """
    try:
        if not path.exists():
            own = path.with_name(f"{path.name}.{os.getpid()}")
            descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
            try:
                path.hardlink_to(own)
            finally:
                own.unlink()
        return path.read_text().strip()
    except FileExistsError:  # two processes started at once; the other one wrote it
        return path.read_text().strip()
    except OSError as error:
        raise ConfigError(
            f"无法读写密钥文件 {path}（{why(error)}）。请检查数据目录的权限。"
        ) from error
