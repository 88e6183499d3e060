"""The wheel holds all that an installation needs: it is built, installed apart from the checkout, and serves pages."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from redis import Redis

import dev
from app.embedded.process import free_port, wait_until

from .source import ROOT

SECONDS = 60.0
HOST = "desk.acme.example"
PIP = (sys.executable, "-I", "-m", "pip", "--disable-pip-version-check")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built as `python3 dev.py wheel` builds it."""
    return dev.build_wheel(tmp_path_factory.mktemp("dist"))


def test_the_wheel_has_every_file_and_no_others(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"tenants/_files/{name}" for folder in ("templates", "static", "migrations") for name in files(folder)}
    wanted |= {name for package in ("app", "tenants") for name in files(package)}
    assert any("static/vendor/" in name for name in wanted)
    assert any(name.endswith("messages.mo") for name in wanted)
    assert {name for name in names if ".dist-info/" not in name} == wanted


def files(folder: str) -> list[str]:
    """What lies in a folder of the checkout, without what Python puts there."""
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return [path.relative_to(ROOT).as_posix() for path in found]


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """An environment with the wheel and, of the checkout's environment, only what the wheel depends on."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    install = ["--python", str(python), "install", "-qq", "--no-index", "--no-deps", str(wheel)]
    subprocess.run([*PIP, *install], check=True, cwd=folder)
    packages = next((folder / "venv" / "lib").glob("python*/site-packages"))
    # Folders that are named like this are searched for packages, but their own .pth files are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (folder / "elsewhere").mkdir()
    return folder


@pytest.fixture
def deskhand(installed, cluster, template):
    """Run the installed command far from the checkout, with an empty database of its own."""
    name = cluster.create("installed")
    # Workers that other tests have killed are still on the queue's list.
    Redis.from_url(cluster.valkey.url).flushall()
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": cluster.url(name),
        "REDIS_URL": cluster.valkey.url,
        "DESKHAND_HOME": str(cluster.home),
        "PORT": str(free_port()),
        "DESKHAND_WEB_PROCESSES": "1",
    }
    script = installed / "venv" / "bin" / "deskhand"

    def run(*words: str, code: int = 0):
        done = subprocess.run(
            [script, *words, "--json"], cwd=installed / "elsewhere", env=environment, capture_output=True, text=True
        )
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    @contextmanager
    def serve():
        server = subprocess.Popen([script, "serve"], cwd=installed / "elsewhere", env=environment)
        try:
            yield environment["PORT"]
        finally:
            server.terminate()
            server.wait()

    run.serve = serve
    yield run
    cluster.drop(name)
    cluster.restore_roles(template[2])


def get(port: str, path: str, **headers: str) -> tuple[int, str]:
    """Ask the server; the status and the text, or 0 where nobody answers."""
    connection = HTTPConnection("127.0.0.1", int(port), timeout=10)
    try:
        connection.request("GET", path, headers={"Host": HOST, **headers})
        response = connection.getresponse()
        return response.status, response.read().decode()
    except (OSError, HTTPException):
        return 0, ""
    finally:
        connection.close()


def test_an_installed_wheel_serves_pages_from_another_folder(deskhand, installed):
    python = installed / "venv" / "bin" / "python"
    where = subprocess.check_output([python, "-Ic", "import app; print(app.__file__)"], cwd=installed, text=True)
    assert Path(where.strip()).is_relative_to(installed)
    assert deskhand("migrate") == {"upgraded": [], "current": [], "failed": {}}
    assert deskhand("org", "create", "acme", "--name", "Acme MSP", "--host", HOST)["hosts"] == [HOST]
    words = ("user", "create", "--org", "acme", "--email", "ann@acme.example", "--name", "Ann")
    assert deskhand(*words, "--role", "administrator")["password"]
    with deskhand.serve() as port:
        assert wait_until(lambda: get(port, "/readyz")[0] == 200, SECONDS)
        status, page = get(port, "/sign-in", **{"Accept-Language": "de"})
        assert status == 200 and 'lang="de"' in page and "Anmelden" in page
        parts = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js)[^"]*)"', page)
        assert any("vendor/tabler" in part for part in parts) and any("/desk." in part for part in parts)
        assert {part: get(port, part)[0] for part in parts} == dict.fromkeys(parts, 200)
    found = {finding["check"]: finding["state"] for finding in deskhand("doctor", code=1)["findings"]}
    assert found.pop("worker") == "fault" and set(found.values()) == {"ok"}
