"""What the audit log calls the acts and records of accounts (审计日志用语)."""

ACTIONS = {
    "account.disabled": "停用账号",
    "account.enabled": "启用账号",
    "account.opened": "建立账号",
    "account.unlocked": "解除暂停登录",
    "authorisation.fetched": "下载授权书",
    "authorisation.recorded": "登记授权书",
    "bureau.set_up": "设置本局",
    "password.changed": "修改口令",
    "password.not_confirmed": "签署时口令不符",
    "password.reset": "重置口令",
    "role.ended": "结束授权",
    "role.granted": "授予角色",
    "sign_in.ended": "退出登录",
    "sign_in.failed": "登录失败",
    "sign_in.succeeded": "登录",
}
OBJECTS = {
    "account": "账号",
    "authorisation": "授权书",
    "bureau": "本局",
}
