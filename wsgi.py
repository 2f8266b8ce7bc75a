"""What a web server and the ``flask`` command load (入口)."""

import sys

from app import create_app
from app.kernel.config import ConfigError
from app.kernel.hooks import PluginError

try:
    app = create_app()
except (ConfigError, PluginError) as problem:
    sys.exit(str(problem))
