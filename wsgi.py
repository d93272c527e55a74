"""The WSGI entry point: settings from the environment, then the application."""

from config import Config
from wmd import create_app

app = create_app(Config.from_env())
