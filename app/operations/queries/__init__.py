"""Reads for those who look after the server (运行维护)."""
