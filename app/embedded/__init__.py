"""PostgreSQL and Valkey from Python wheels, and the supervisor behind `make run`.

For trying Deskhand out, for development and for tests: nothing has to be installed or configured first. An
installation for real use sets DATABASE_URL and REDIS_URL to its own servers, and then nothing here runs.
"""
