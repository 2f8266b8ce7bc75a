"""What a workbook must keep before it may be written (台账规则): one file per kind of rule.

``after`` says what will stand once it is written; the others look there, and refuse or point out.
"""
