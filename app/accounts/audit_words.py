"""What the acts of the audit log are called (审计日志用语); an act not named here shows its id."""

from __future__ import annotations

from types import MappingProxyType

ACTIONS = MappingProxyType(
    {
        "access.refused": "越权或无效访问",
        "account.disabled": "停用账号",
        "account.enabled": "启用账号",
        "account.opened": "建立账号",
        "account.unlocked": "解除暂停登录",
        "bureau.set_up": "设置本局",
        "calendar.recorded": "载入工作日历",
        "demo.loaded": "载入示例数据",
        "export.fetched": "下载文件",
        "export.made": "生成导出文件",
        "ledger.checked": "核对台账",
        "ledger.confirmed": "确认导入台账",
        "ledger.dropped": "放弃导入台账",
        "ledger.failed": "台账导入未完成",
        "ledger.imported": "导入台账",
        "ledger.outdated": "台账核对结果已过时",
        "ledger.rechecked": "重新核对台账",
        "ledger.uploaded": "上传台账",
        "password.changed": "修改口令",
        "password.reset": "重置口令",
        "register.exported": "导出企业台账",
        "role.ended": "结束授权",
        "role.granted": "授予角色",
        "sign_in.ended": "退出登录",
        "sign_in.failed": "登录失败",
        "sign_in.succeeded": "登录",
        "standings.rebuilt": "重算等级区间",
    }
)
OBJECTS = MappingProxyType(
    {
        "account": "账号",
        "address": "地址",
        "bureau": "本局",
        "calendar": "工作日历",
        "demo": "示例数据",
        "download": "导出文件",
        "ledger_import": "台账导入",
        "register": "企业台账",
        "settings": "设置",
    }
)


def action_word(action: str) -> str:
    """What an act is called."""
    return ACTIONS.get(action, action)


def object_word(kind: str) -> str:
    """What a kind of record is called."""
    return OBJECTS.get(kind, kind)
