"""What `deskhand serve` loads."""

from .config import load
from .receiving import Receiver
from .web import logs
from .wsgi import application as answering

_settings = load()
logs.begin(_settings.log_format, _settings.log_level)
application = Receiver(answering, _settings.web_threads)
