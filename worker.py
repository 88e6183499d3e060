"""A worker with the dispatcher, for those who start processes by file: the same as `deskhand worker`."""

from app.run import worker

if __name__ == "__main__":
    worker()
