"""`python -m app.embedded`: run Deskhand with everything it needs, as `make run` does."""

import sys

from pydantic import ValidationError

from app import config
from app.embedded.children import Program
from app.embedded.supervisor import Supervisor, Wish, say


def command(*words: str) -> Program:
    """One of our own commands, as a program of its own."""
    return Program(words[0], (sys.executable, "-m", "app.cli", *words))


def main() -> int:
    """Read the environment and run until told to stop.

    The demo belongs to the embedded database. Into a database of somebody's own it comes only when asked for.
    """
    try:
        settings = config.load()
    except ValidationError as error:
        say("The environment is not right:\n" + "\n".join(config.problems(error)))
        return 1
    except OSError as error:
        say(f"The folder of Deskhand's own files cannot be used: {error}. DESKHAND_HOME names another.")
        return 1
    database_url = settings.database_url.get_secret_value()
    with_demo = not database_url or settings.demo
    wish = Wish(
        home=settings.home,
        port=settings.port,
        bind=settings.bind,
        database_url=database_url,
        redis_url=settings.redis_url.get_secret_value(),
        first=(command("demo" if with_demo else "migrate"),),
        kept=(command("serve"), command("worker")),
    )
    return Supervisor(wish).run()


if __name__ == "__main__":
    sys.exit(main())
