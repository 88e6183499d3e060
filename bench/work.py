"""One job in this process, as a worker runs it: `python -m bench.work KEY JOB` prints state, seconds and memory."""

import json
import sys
import time
from pathlib import Path

from app.application import create_app
from tenants import runner


def main() -> None:
    app = create_app(DATABASE_POOL=None)
    runner.install(app)
    started = time.perf_counter()
    state = runner.run(sys.argv[1], int(sys.argv[2]))
    seconds = time.perf_counter() - started
    status = Path("/proc/self/status").read_text().splitlines()
    largest = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    print(json.dumps({"state": state, "seconds": seconds, "memory": largest}))


if __name__ == "__main__":
    main()
