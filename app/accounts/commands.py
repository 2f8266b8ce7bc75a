"""Commands of this stage: accounts and the code for the first visit."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import with_appcontext

from app.accounts import queries, services
from app.accounts.domain import COUNTY_ROLES, ENTERPRISE_ROLES, Role
from app.kernel.command_groups import OneLine, OneLineGroup
from app.kernel.commands import stop
from app.kernel.transaction import writing

VIA = "命令行"

_CITY_ROLES = frozenset(Role) - COUNTY_ROLES - ENTERPRISE_ROLES

user_group = OneLineGroup("user", help="账号。")


@user_group.command("add")
@click.argument("name")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--county", metavar="CODE", help="区县代码（区县角色必填）。")
@click.option("--city", is_flag=True, help="全市范围（市级角色）。")
@click.option("--uscc", metavar="CODE", help="企业的统一社会信用代码（企业角色必填）。")
def add_user(name: str, role: str, county: str | None, city: bool, uscc: str | None) -> None:
    """建立账号，给出一次性口令，首次登录时须修改。

    数据库中还没有本局时，先按绍兴市及其六个区县建立。
    """
    wanted = Role(role)
    if city and wanted not in _CITY_ROLES:
        stop(f"“{wanted.label}”不是全市范围的角色。请去掉 --city。")
    try:
        with writing(VIA):
            if not queries.list_bureaus():
                services.set_up_bureau()
            code = _county_code(county) if county else None
            made = services.open_account(name)
            services.grant_role(made.user_id, wanted, county=code, uscc=uscc)
    except services.AccountRefused as refused:
        stop(refused.sentence)
    click.echo(f"账号：{made.name}\n一次性口令：{made.password}\n首次登录时须修改口令。")


def _county_code(text: str) -> str:
    found = queries.county_by_code_or_name(text)
    if found is None:
        known = "、".join(f"{b.code} {b.name}" for b in queries.list_bureaus("county"))
        raise services.AccountRefused(f"没有区县“{text}”。请从 {known} 中选择。", "county")
    return found.county.code


@click.command("setup-code", cls=OneLine)
@with_appcontext
def setup_code() -> None:
    """给出首次打开页面所需的一次性设置码；已有账号时不输出。"""
    code = services.make_setup_code()
    if code is not None:
        click.echo(code)


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(user_group)
    app.cli.add_command(setup_code)
