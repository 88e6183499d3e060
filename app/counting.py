"""Where processes share what they count for `app.web.metrics`.

The library that counts reads the name of the folder when it is imported first. So this stands before everything else;
processes that are started by this one have the same folder.
"""

import atexit
import os
import shutil
import tempfile

_NAME = "PROMETHEUS_MULTIPROC_DIR"


def _made(process: int) -> str:
    """A new folder where somebody may ask for figures; it goes when this process ends."""
    folder = os.environ.get(_NAME, "")
    if folder or os.environ.get("DESKHAND_METRICS_PORT", "0") in ("", "0"):
        return folder
    folder = os.environ[_NAME] = tempfile.mkdtemp(prefix="deskhand-metrics-")
    atexit.register(lambda: os.getpid() == process and shutil.rmtree(folder, ignore_errors=True))
    return folder


FOLDER = _made(os.getpid())
