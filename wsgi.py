"""What a web server and the ``flask`` command load (入口)."""

from app import create_app

app = create_app()
