"""Long random lives of a register, acted out as people do and reckoned apart (随机经过对照)."""
