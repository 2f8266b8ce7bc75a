"""What a web server and the ``flask`` command load (入口)."""

import sys

from app import create_app
from app.kernel.config import ConfigError

try:
    app = create_app()
except ConfigError as problem:
    sys.exit(str(problem))
