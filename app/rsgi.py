"""What `deskhand serve` loads."""

from .config import load
from .receiving import Receiver
from .wsgi import application as answering

application = Receiver(answering, load().web_threads)
