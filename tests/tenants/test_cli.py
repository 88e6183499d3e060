"""The command line as an operator and their scripts use it: every command, in words and in JSON."""

import json

import click
import pytest
from click.testing import CliRunner

from app.cli import main
from app.people.models import Account, Staff, Token
from tenants import db


@pytest.fixture
def deskhand(world, monkeypatch):
    """Run a command; with `fails` it must end with 1. Returns what it printed, read as JSON after --json."""
    monkeypatch.setenv("DATABASE_URL", world.cluster.url(world.database))
    monkeypatch.setenv("REDIS_URL", world.cluster.valkey.url)
    monkeypatch.setenv("DESKHAND_HOME", str(world.cluster.home))

    def command(*words: str, fails: bool = False):
        result = CliRunner().invoke(main, words, catch_exceptions=False)
        assert result.exit_code == (1 if fails else 0), result.output
        return json.loads(result.stdout) if "--json" in words else result.output

    command.world = world
    return command


def commands(group: click.Group, *path: str):
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


# Commands that answer no question: they serve, or set up something to look at.
WITHOUT_JSON = {("serve",), ("worker",), ("demo",)}


def test_every_command_has_help_and_json():
    for path, command in commands(main):
        assert command.get_short_help_str(), path
        options = {option for parameter in command.params for option in parameter.opts}
        assert "--json" in options or path in WITHOUT_JSON, f"deskhand {' '.join(path)}"
        result = CliRunner().invoke(main, [*path, "--help"])
        assert result.exit_code == 0 and "Usage:" in result.output


def test_org_create(deskhand):
    made = deskhand("org", "create", "third", "--name", "Third", "--host", "third.test", "--host", "b.test", "--json")
    assert made == {"slug": "third", "name": "Third", "hosts": ["third.test", "b.test"]}
    assert deskhand.world.anonymous(host="b.test").get("/sign-in").status_code == 200
    assert "Made fourth at 4.test." in deskhand("org", "create", "fourth", "--name", "Fourth", "--host", "4.test")


def test_org_create_says_what_is_wrong(deskhand):
    taken = deskhand("org", "create", "harbor", "--name", "x", "--host", "x.test", "--json", fails=True)
    assert taken == {"error": "There is already an organization with the slug 'harbor'."}
    answer = deskhand("org", "create", "third", "--name", "x", "--host", "summit.test", fails=True)
    assert "summit.test" in answer and answer.startswith("Error:")
    assert CliRunner().invoke(main, ["org", "create", "third"]).exit_code == 2


def test_org_list(deskhand):
    listed = {row["slug"]: row for row in deskhand("org", "list", "--json")}
    assert listed["harbor"]["hosts"] == ["harbor.test", "localhost"]
    assert set(listed) == {"harbor", "summit"}
    assert not any("key" in row for row in listed.values())
    assert "summit.test" in deskhand("org", "list")


@pytest.mark.threat("T-024")
def test_org_suspend_and_resume(deskhand):
    assert deskhand("org", "suspend", "harbor", "--json") == {"slug": "harbor", "state": "suspended"}
    assert deskhand.world.staff("ann", "summit").get("/").status_code == 200
    assert deskhand.world.anonymous("harbor").post_form("/sign-in", {"login": "ann"}).status_code == 503
    assert {row["state"] for row in deskhand("org", "list", "--json") if row["slug"] == "harbor"} == {"suspended"}
    assert deskhand("org", "resume", "harbor") == "harbor is active.\n"
    assert deskhand.world.staff("ann", "harbor").get("/").status_code == 200
    for verb in ("suspend", "resume"):
        assert "nobody" in deskhand("org", verb, "nobody", "--json", fails=True)["error"]


def test_org_hosts(deskhand):
    listed = deskhand("org", "hosts", "list", "harbor", "--json")
    assert {(row["name"], row["state"]) for row in listed} == {("harbor.test", "use"), ("localhost", "use")}
    assert "nobody" in deskhand("org", "hosts", "list", "nobody", "--json", fails=True)["error"]
    assert "new.test" in deskhand("org", "hosts", "verify", "harbor", "new.test", "--json", fails=True)["error"]
    refused = deskhand("org", "hosts", "verify", "harbor", "summit.test", "--json", fails=True)
    assert "summit.test" in refused["error"]


def test_migrate(deskhand):
    assert deskhand("migrate", "--json") == {"upgraded": [], "current": ["harbor", "summit"], "failed": {}}
    assert "2 were up to date" in deskhand("migrate")


def test_user_create(deskhand):
    words = ("user", "create", "--org", "harbor", "--email", "new@desk.example", "--name", "Newt", "--json")
    made = deskhand(*words, "--role", "supervisor")
    assert made["role"] == "supervisor" and len(made["password"]) >= 12
    with deskhand.world.inside("harbor"):
        staff = db.session.get(Staff, made["id"])
        account = db.session.query(Account).filter_by(staff_id=staff.id).one()
        assert (staff.name, staff.role, account.must_change) == ("Newt", "supervisor", True)
        assert made["password"] not in account.password_hash
    browser = deskhand.world.anonymous()
    typed = {"login": "new@desk.example", "password": made["password"]}
    assert browser.post_form("/sign-in", typed).status_code == 303
    with deskhand.world.inside("summit"):
        assert db.session.query(Staff).count() == 3


def test_user_create_says_what_is_wrong(deskhand):
    words = ("user", "create", "--org", "harbor", "--name", "Newt", "--json")
    taken = deskhand(*words, "--email", "ANN@desk.example", fails=True)
    assert "Another staff member has this e-mail address." in taken["error"]
    assert deskhand(*words, "--email", "no address", fails=True)["error"]
    missing = deskhand("user", "create", "--org", "nobody", "--name", "x", "--email", "x@y.example", fails=True)
    assert "nobody" in missing


@pytest.mark.threat("T-058")
def test_token_create(deskhand):
    words = ("token", "create", "--org", "harbor", "--email", "Adam@desk.example", "--json")
    made = deskhand(*words, "--scopes", "read,write", "--days", "2", "--name", "nightly")
    assert made["scopes"] == ["read", "write"]
    with deskhand.world.inside("harbor"):
        token = db.session.query(Token).one()
        assert (token.name, token.scopes) == ("nightly", ["read", "write"])
        assert 1 <= (token.expires_at - token.created_at).days <= 2
        assert made["token"].encode() not in token.secret_hash
    dump = json.dumps(deskhand.world.sql(f"SELECT * FROM {deskhand.world.schema()}.token"), default=repr)
    assert made["token"] not in dump


def test_token_create_says_what_is_wrong(deskhand):
    words = ("token", "create", "--org", "harbor", "--json")
    assert "all" in deskhand(*words, "--email", "adam@desk.example", "--scopes", "all", fails=True)["error"]
    assert deskhand(*words, "--email", "adam@desk.example", "--scopes", ", ,", fails=True)["error"]
    assert "ina@acme.example" in deskhand(*words, "--email", "ina@acme.example", fails=True)["error"]
    assert "nobody" in deskhand("token", "create", "--org", "nobody", "--email", "x", "--json", fails=True)["error"]


def test_without_a_database_a_command_says_so(monkeypatch, tmp_path):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path))
    result = CliRunner().invoke(main, ["org", "list"])
    assert result.exit_code == 1
    assert "DATABASE_URL" in result.output + str(result.exception)
