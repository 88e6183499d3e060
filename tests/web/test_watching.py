"""What whoever watches the installation is told: figures on a port of their own, and a log that names the request."""

import json
import logging

import pytest
import requests

from app.config import load
from app.embedded.process import free_port, wait_until
from app.staff import home
from app.web import logs
from tests.faults.processes import Processes
from tests.faults.site import environment


@pytest.fixture
def watched(world, tmp_path):
    """A web server with its figures: the addresses of both."""
    processes = Processes(tmp_path, environment(world, lease=60))
    port, figures = free_port(), free_port()
    processes.web(port, DESKHAND_METRICS_PORT=str(figures), DESKHAND_LOG_FORMAT="json", DESKHAND_WEB_PROCESSES="2")
    root, metrics = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{figures}/metrics"

    def ready() -> bool:
        try:
            return requests.get(f"{root}/healthz", timeout=5).ok and requests.get(metrics, timeout=5).ok
        except requests.RequestException:
            return False

    assert wait_until(ready, 60), processes.said()
    yield root, metrics, processes
    processes.end()


def test_figures_stand_on_a_port_of_their_own_and_name_no_organization(world, watched):
    root, metrics, _ = watched
    world.make_org("third", ("third.test",))
    for host, path in (
        ("harbor.test", "/sign-in"),
        ("harbor.test", "/nowhere"),
        ("nobody.test", "/"),
        ("summit.test", "/"),
    ):
        requests.get(root + path, headers={"Host": host}, timeout=30, allow_redirects=False)
    said = requests.get(metrics, timeout=30).text
    lines = dict(line.rsplit(" ", 1) for line in said.splitlines() if not line.startswith("#"))
    assert float(lines['deskhand_request_seconds_count{method="GET",status="2xx",surface="staff"}']) >= 1
    assert float(lines['deskhand_request_seconds_count{method="GET",status="4xx",surface="staff"}']) >= 2
    assert lines['deskhand_organizations{shard="main",state="active"}'] == "3.0"
    assert lines["deskhand_unmigrated_organizations"] == "0.0"
    assert lines['deskhand_reached{server="database"}'] == lines['deskhand_reached{server="queue"}'] == "1.0"
    assert float(lines['deskhand_database_connections{shard="main"}']) >= 1
    assert 'deskhand_queued_jobs{lane="interactive"}' in lines and "deskhand_workers" in lines
    for word in ("harbor", "summit", "third", *world.keys.values()):
        assert word not in said.lower()
    # The web server itself has no such page.
    assert requests.get(f"{root}/metrics", headers={"Host": "harbor.test"}, timeout=30).status_code == 404


def test_the_figures_say_when_a_server_is_away(world, watched):
    _, metrics, _ = watched
    world.sql("ALTER ROLE deskhand_app NOLOGIN")
    world.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'deskhand_app'")
    try:
        assert 'deskhand_reached{server="database"} 0.0' in requests.get(metrics, timeout=30).text
    finally:
        world.sql("ALTER ROLE deskhand_app LOGIN")
    assert 'deskhand_reached{server="database"} 1.0' in requests.get(metrics, timeout=30).text


def test_without_a_port_nothing_is_counted_or_answered(app):
    assert load(home=app.config["DESKHAND_HOME"]).metrics_port == 0
    assert not any(function.__module__ == "app.web.metrics" for function in app.before_request_funcs[None])


@pytest.fixture
def written(app, capsys, monkeypatch):
    """What is logged in a form, as it comes out on standard error."""
    # What some library configured for itself in this process may have silenced it.
    monkeypatch.setattr(logging.getLogger("app.errors"), "disabled", False)
    root = logging.getLogger()
    before, level = list(root.handlers), root.level

    def write(form: str, log) -> str:
        logs.begin(form, "warning")
        log()
        return capsys.readouterr().err

    yield write
    root.handlers[:] = before
    root.setLevel(level)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_line_of_the_log_names_request_and_organization(world, written, form):
    browser = world.staff("ann")
    world.sql("UPDATE shared.organization SET revision = '0001' WHERE key = %s", world.keys["harbor"])
    given = []
    said = written(form, lambda: given.append(browser.get("/contacts")))
    number = given[0].headers["X-Request-Id"]
    assert given[0].status_code == 503 and number in said
    if form == "json":
        (line,) = [json.loads(line) for line in said.splitlines()]
        assert (line["level"], line["logger"], line["request"]) == ("ERROR", "app.errors", number)
        assert line["time"] and "deskhand migrate" in line["message"]
    else:
        assert said.startswith(f"ERROR app.errors [{number}]: ")


def test_a_fault_is_one_line_of_json_with_its_traceback(world, written, monkeypatch):
    browser = world.staff("ann", broken=True)
    monkeypatch.setattr(home, "page", lambda *words, **more: 1 / 0, raising=False)
    said = written("json", lambda: browser.get("/"))
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["organization"] for line in lines] == ["harbor"]
    assert "ZeroDivisionError" in lines[0]["exc_info"]
