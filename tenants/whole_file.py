"""Files that commands write: readable by their owner alone, and under their name only when they are whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def new_file(path: Path, refused: type[Exception]) -> Iterator[BinaryIO]:
    """A file to be written; it gets its name at the end, and nothing stays when that is not reached.

    Raises `refused` with a sentence where there is a file already, or where none can be written.
    """
    if path.exists():
        raise refused(f"{path} is there already.")
    unfinished = path.with_name(path.name + ".part")
    try:
        with _private(unfinished) as file:
            yield file
        unfinished.rename(path)
    except OSError as error:
        raise refused(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)


def replace(path: Path, text: str) -> None:
    """Write a small file anew; whoever reads it meanwhile has the old or the new one."""
    mine = path.with_suffix(".new")
    with _private(mine) as file:
        file.write(text.encode())
    mine.rename(path)


def _private(path: Path) -> BinaryIO:
    return open(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb")
