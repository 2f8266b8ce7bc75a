"""What the audit log calls the acts and records of the register (审计日志用语)."""

ACTIONS = {
    "enterprise.edited": "修改企业信息",
    "enterprise.merged": "归并重复企业",
    "enterprise.registered": "新增企业",
    "plant.change.planned": "预定厂区变更",
    "plant.change.stuck": "预定的厂区变更未能生效",
    "plant.change.withdrawn": "撤销预定的厂区变更",
    "plant.changed": "厂区变更",
    "plant.edited": "修改厂区信息",
    "plant.registered": "新增厂区",
    "plants.batch": "批量修改厂区",
}
OBJECTS = {
    "enterprise": "企业",
    "plant": "厂区",
}
