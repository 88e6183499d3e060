"""An operator's day by command: save, restore, move, rename, look, delete; in words and in JSON."""

import json

import pytest

from tenants import engines

from .test_cli import deskhand  # noqa: F401  (the fixture)


@pytest.fixture
def east(deskhand):  # noqa: F811
    """A second shard, another database of the same server; its address comes from a file."""
    world = deskhand.world
    name = world.cluster.create(f"{world.database}_east")
    address = world.cluster.home / "east.txt"
    address.write_text(world.cluster.url(name) + "\n")
    made = deskhand("shard", "add", "east", "--address-file", str(address), "--json")
    assert made["name"] == "east" and made["address"].startswith("postgresql://deskhand_owner@127.0.0.1")
    password = world.cluster.url(name).split(":")[2].split("@")[0]
    assert password not in json.dumps(made)
    assert password not in str(world.sql("SELECT address FROM shared.shard"))
    yield deskhand
    with world.app.app_context():
        engines.dispose()
    (world.cluster.home / "shards.json").unlink()
    address.unlink()
    world.cluster.drop(name)


@pytest.mark.feature("B026")
def test_backup_and_restore(deskhand, tmp_path):  # noqa: F811
    file = str(tmp_path / "harbor.zip")
    assert "Would write harbor" in deskhand("org", "backup", "harbor", file, "--dry-run")
    made = deskhand("org", "backup", "harbor", file, "--json")
    assert made["slug"] == "harbor" and made["rows"] > 50 and made["bytes"] > 1000
    assert "is there already" in deskhand("org", "backup", "harbor", file, fails=True)
    assert "is there already" in deskhand("org", "backup", "harbor", file, "--dry-run", fails=True)
    assert deskhand("org", "restore", file, "--as", "copy", "--dry-run", "--json")["rows"] == made["rows"]
    restored = deskhand("org", "restore", file, "--as", "copy", "--host", "copy.test", "--name", "Copy", "--json")
    assert restored == {"slug": "copy", "name": "Copy", "hosts": ["copy.test"]}
    assert deskhand.world.anonymous(host="copy.test").get("/sign-in").status_code == 200
    replaced = deskhand("org", "restore", file, "--in-place", "harbor", "--json")
    states = {row["slug"]: row["state"] for row in deskhand("org", "list", "--json")}
    assert states["harbor"] == "active" and states[replaced["before"]] == "suspended"
    assert "--in-place" in deskhand("org", "restore", file, fails=True)
    assert "no backup" in deskhand("org", "restore", __file__, "--as", "third", fails=True)


@pytest.mark.feature("B026")
def test_export(deskhand, tmp_path):  # noqa: F811
    file = str(tmp_path / "harbor.zip")
    assert "Would write harbor" in deskhand("org", "export", "harbor", file, "--dry-run")
    assert deskhand("org", "export", "harbor", file, "--json")["tables"]["contact"] > 5
    assert "is there already" in deskhand("org", "export", "harbor", file, fails=True)
    assert "nobody" in deskhand("org", "export", "nobody", str(tmp_path / "nobody.zip"), fails=True)


def test_show_and_rename(deskhand):  # noqa: F811
    shown = deskhand("org", "show", "harbor", "--json")
    assert shown["hosts"] == ["harbor.test", "localhost"] and shown["state"] == "active" and shown["bytes"] > 10**6
    assert "Ina" not in json.dumps(shown)
    assert "harbor.test" in deskhand("org", "show", "harbor")
    made = deskhand("org", "rename", "harbor", "--slug", "port", "--name", "Port IT", "--json")
    assert made == {"slug": "port", "name": "Port IT"}
    assert "Port IT" in deskhand.world.anonymous("harbor").get("/sign-in").get_data(as_text=True)
    assert "summit" in deskhand("org", "rename", "port", "--slug", "summit", fails=True)
    assert "Give a new slug" in deskhand("org", "rename", "port", fails=True)
    assert "nobody" in deskhand("org", "rename", "nobody", "--slug", "other", fails=True)


def test_create_can_be_rehearsed(deskhand):  # noqa: F811
    before = deskhand.world.checksum()
    words = ("org", "create", "third", "--name", "Third", "--dry-run")
    assert "Could make third" in deskhand(*words, "--host", "third.test")
    assert "is taken" in deskhand(*words, "--host", "summit.test", fails=True)
    assert deskhand.world.checksum() == before


def test_move_and_drain(east):
    assert east("org", "move", "harbor", "east", "--dry-run", "--json")["source"] == "main"
    assert "already" in east("org", "move", "harbor", "main", "--dry-run", fails=True)
    assert "harbor is on east now" in east("org", "move", "harbor", "east")
    assert {row["name"]: row["organizations"] for row in east("shard", "list", "--json")} == {"main": 1, "east": 1}
    assert "no server" in east("org", "move", "harbor", "west", fails=True)
    assert "still holds 1" in east("shard", "remove", "east", fails=True)
    assert east("shard", "drain", "east", "--dry-run", "--json")["organizations"] == ["harbor"]
    done = east("shard", "drain", "east", "--json")
    assert [one["slug"] for one in done["moved"]] == ["harbor"] and done["failed"] == {}
    assert "draining" in east("shard", "list")
    made = east("org", "create", "third", "--name", "Third", "--host", "third.test", "--json")
    assert made["slug"] == "third"
    east.world.keys["third"] = "third"
    assert {row["name"]: row["organizations"] for row in east("shard", "list", "--json")} == {"main": 3, "east": 0}
    assert "takes organizations now" in east("shard", "open", "east")
    assert "out of the list" in east("shard", "remove", "east")
    assert "There is no server" in east("shard", "open", "east", fails=True)


def test_a_new_organization_comes_to_the_emptiest_server(east):
    east("org", "create", "third", "--name", "Third", "--host", "third.test")
    found = {row["slug"]: row["shard"] for row in east("org", "list", "--json")}
    assert found == {"harbor": "main", "summit": "main", "third": "east"}
    page = east.world.anonymous(host="third.test").get("/sign-in")
    assert page.status_code == 200
    east("user", "create", "--org", "third", "--email", "a@third.example", "--name", "A", "--role", "administrator")
    assert east("org", "show", "third", "--json")["shard"] == "east"
    east("org", "suspend", "third")
    east("org", "delete", "third", "--yes")


def test_a_server_that_cannot_be_used_is_refused(deskhand, tmp_path):  # noqa: F811
    address = tmp_path / "address"
    for text, said in (
        ("nonsense", "must look like"),
        ("mysql://x@y/z", "must look like"),
        ("postgresql://x:secret@127.0.0.1:1/none", "cannot be used"),
        (deskhand.world.cluster.url(deskhand.world.database), "same database as the server 'main'"),
    ):
        address.write_text(text)
        answer = deskhand("shard", "add", "east", "--address-file", str(address), fails=True)
        assert said in answer and "secret" not in answer
    assert [row["name"] for row in deskhand("shard", "list", "--json")] == ["main"]
    assert "no name" in deskhand("shard", "add", "East!", "--address-file", str(address), fails=True)


def test_delete(deskhand, tmp_path):  # noqa: F811
    assert "deskhand org suspend harbor" in deskhand("org", "delete", "harbor", "--yes", fails=True)
    deskhand("org", "suspend", "harbor")
    assert "Would delete harbor" in deskhand("org", "delete", "harbor", "--dry-run")
    assert "Aborted" in deskhand("org", "delete", "harbor", fails=True)
    file = tmp_path / "certificate.json"
    gone = deskhand("org", "delete", "harbor", "--yes", "--certificate", str(file), "--json")
    assert json.loads(file.read_text()) == gone and gone["rows"]["contact"] > 5
    assert [row["slug"] for row in deskhand("org", "list", "--json")] == ["summit"]
    assert deskhand("org", "deleted", "--json") == [gone]
    assert "harbor" in deskhand("org", "deleted")


def test_migrate_status(deskhand):  # noqa: F811
    found = deskhand("migrate", "status", "--json")
    assert [one["slug"] for one in found["organizations"]] == ["harbor", "summit"]
    assert all(one["served"] for one in found["organizations"])
    deskhand.world.sql("UPDATE shared.organization SET revision = '0001' WHERE slug = 'summit'")
    assert "answers 503" in deskhand("migrate", "status", fails=True)
