"""Reads of this stage: the register list, the plant page, the home pages. It writes nothing."""
