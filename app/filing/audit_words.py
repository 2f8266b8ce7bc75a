"""What the audit log calls the acts and records of filings (审计日志用语)."""

ACTIONS = {
    "filing.started": "开始申报",
    "filing.answered": "保存自评",
    "filing.confirmed": "确认带入的自评",
    "filing.remarked": "说明检查提示",
    "filing.accepted": "接受承诺条款",
    "filing.target_set": "修改申报目标等级",
    "filing.tables_chosen": "选择申报行业",
    "filing.tables_taken": "换用新的指标表",
    "filing.evidence_added": "添加佐证材料",
    "filing.evidence_replaced": "替换佐证材料",
    "filing.evidence_removed": "移除佐证材料",
    "filing.evidence_described": "填写材料说明",
    "filing.evidence_confirmed": "确认带入的材料",
    "filing.evidence_fetched": "下载佐证材料",
    "filing.submitted": "签署并提交申报",
    "filing.paper": "下载申报文件",
    "filing.papers-kept": "生成申报存证件",
    "filing.withdrawn": "撤回申报",
    "filing.discarded": "作废申报",
    "filing.taken_up": "受理申报",
    "filing.returned": "退回申报补正",
    "filing.closed": "办结申报",
    "filing.exported": "导出申报清单",
    "filing.window_set": "设定申报期",
    "filing.window_annulled": "撤销申报期",
}
OBJECTS = {
    "filing": "申报",
    "filings": "申报清单",
    "filing_window": "申报期",
}
