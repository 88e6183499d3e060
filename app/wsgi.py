"""What a WSGI server loads."""

from .application import create_app

application = create_app()
