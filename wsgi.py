"""What a web server and the ``flask`` command load (入口)."""

import os
import sys
import time
from pathlib import Path

from app import create_app
from app.kernel import collector
from app.kernel.config import ConfigError, version_in_force
from app.kernel.hooks import PluginError
from app.kernel.serving import Served

in_force = version_in_force(os.environ)
if in_force is not None:  # an older program must not write into data of a newer one
    sys.exit(f"程序已换成另一版本，请在 {in_force} 中运行命令。")
try:
    app = create_app()
except (ConfigError, PluginError) as problem:
    sys.exit(str(problem))


# Another application than the app's own: after a restore it goes on with an app made anew.
app.wsgi_app = Served(app, create_app)  # type: ignore[method-assign]

# The start command loads the server while it still migrates the database; until then nobody is
# answered, since the code may be newer than the tables.
while os.environ.get("WAIT_WHILE") and Path(os.environ["WAIT_WHILE"]).exists():
    time.sleep(0.02)
collector.settle()
