"""What a WSGI server loads."""

from . import create_app

application = create_app()
