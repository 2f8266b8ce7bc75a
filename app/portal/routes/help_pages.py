"""帮助: short pages in the app, for everyone who is signed in."""

from __future__ import annotations

from flask import abort, url_for

from app.desk.change_forms import EXPLAINED, OFFERED
from app.kernel.entrance import is_for_filers
from app.kernel.permissions import signed_in
from app.kernel.web import page
from app.portal.routes.blueprint import blueprint

TOPICS = {
    "about": "本系统做什么",
    "ledger": "台账怎样填写",
    "import": "导入的规则",
    "ranking": "名次怎样排",
    "standing": "等级与状态怎样得出",
    "filing": "企业怎样申报",
    "package": "离线填报包怎样填写",
    "renewal": "年度更新和申报期",
    "window": "窗口怎样代录",
    "people": "企业账号怎样管理",
    "facts": "决定怎样登记",
    "plants": "厂区怎样变更",
    "inbox": "待办、通知和复核",
    "lists": "清单怎样签发",
    "rights": "排污权怎样办理",
    "rules": "规则怎样修改",
    "indicators": "绩效分级指标表",
    "operations": "服务器的看管",
    "keys": "键盘与浏览器",
    "glossary": "术语表",
}
"""Name in the address → title; each has its template."""

OF_FILERS = ("filing", "package", "keys")
"""What the enterprises' listener shows: the others are about the bureau's own work."""


@blueprint.get("/help")
@signed_in
def help_index() -> str:
    """The list of the help pages."""
    return page("portal/help/index.html", topics=_links())


@blueprint.get("/help/<topic>")
@signed_in
def help_topic(topic: str) -> str:
    """One help page."""
    if topic not in _offered():
        abort(404, "没有这一页帮助。请从帮助目录选择。")
    return page(
        f"portal/help/{topic}.html",
        topics=_links(topic),
        title=TOPICS[topic],
        breadcrumbs=[("帮助", url_for("portal.help_index"))],
        plant_changes=[(kind.words, EXPLAINED[kind]) for kind in OFFERED],
    )


def _offered() -> dict[str, str]:
    return {it: TOPICS[it] for it in OF_FILERS} if is_for_filers() else TOPICS


def _links(current: str = "") -> list[tuple[str, str, bool]]:
    return [
        (title, url_for("portal.help_topic", topic=topic), topic == current)
        for topic, title in _offered().items()
    ]
