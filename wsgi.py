"""The WSGI entry point: settings from the environment, then the application."""

import sys

from config import Config, SettingError
from wmd import create_app

try:
    app = create_app(Config.from_env())
except SettingError as error:
    # A sentence that names the variable helps more than a traceback that ends in it.
    sys.exit(str(error))
