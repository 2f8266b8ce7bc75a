"""What a web server and the ``flask`` command load (入口)."""

import os
import sys
import time
from pathlib import Path

from app import create_app
from app.kernel.config import ConfigError
from app.kernel.hooks import PluginError

try:
    app = create_app()
except (ConfigError, PluginError) as problem:
    sys.exit(str(problem))

# The start command loads the server while it still migrates the database; until then nobody is
# answered, since the code may be newer than the tables.
while os.environ.get("WAIT_WHILE") and Path(os.environ["WAIT_WHILE"]).exists():
    time.sleep(0.02)
