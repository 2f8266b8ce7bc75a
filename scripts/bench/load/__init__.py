"""The program as people meet it: started by its own command, asked over HTTP (现场负荷)."""
