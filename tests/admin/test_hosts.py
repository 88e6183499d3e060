"""Host names: asked for, proved, verified by an operator, removed; and nobody takes another's."""

import json

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import errors

from app.cli import main
from tenants import hosts, provision, resolve
from tests.pages import normal

HERE = "/admin/hosts"
CANNOT = "This name cannot be used"


def add(browser, name: str):
    return browser.post_form(HERE, {"name": name})


def rows(world, slug: str = "harbor") -> dict[str, str]:
    found = world.sql("SELECT name, verified_at, removed_at FROM shared.host WHERE organization = %s", world.keys[slug])
    state = {(False, False): "waiting", (True, False): "use", (True, True): "removed"}
    return {row["name"]: state[bool(row["verified_at"]), bool(row["removed_at"])] for row in found}


def verify(world, slug: str, name: str, **more):
    with world.app.app_context():
        return hosts.verify(slug, name, **more)


@pytest.mark.threat("T-100")
def test_a_host_leads_nowhere_until_it_is_verified(world, adam):
    assert add(adam, "Desk.Harbor-IT.example.").status_code == 303
    page = normal(adam.get(HERE))
    assert "_deskhand.desk.harbor-it.example" in page and "deskhand-verification=" in page
    assert "deskhand org hosts verify harbor desk.harbor-it.example" in page
    assert "does not look it up by itself" in page
    assert world.anonymous(host="desk.harbor-it.example").get("/sign-in").status_code == 404
    verify(world, "harbor", "desk.harbor-it.example")
    assert "Harbor IT" in normal(world.anonymous(host="desk.harbor-it.example").get("/sign-in"))
    assert "waits for its proof" not in normal(adam.get(HERE))


@pytest.mark.threat("T-100")
def test_the_proof_is_random_and_ones_own(world, adam):
    add(adam, "one.example.com")
    add(adam, "two.example.com")
    add(world.staff("adam", "summit"), "one.example.com")
    tokens = [row["token"] for row in world.sql("SELECT token FROM shared.host WHERE verified_at IS NULL")]
    assert len(set(tokens)) == 3 and all(len(token) >= 32 for token in tokens)
    assert tokens[-1] not in normal(adam.get(HERE))


@pytest.mark.threat("T-100")
def test_asking_keeps_nobody_else_from_a_name(world, adam):
    """Who only asks for a name neither has it nor blocks it; the first that is verified has it."""
    summit = world.staff("adam", "summit")
    assert add(adam, "desk.example.org").status_code == 303
    assert add(summit, "desk.example.org").status_code == 303
    verify(world, "summit", "desk.example.org")
    with pytest.raises(hosts.HostRefused):
        verify(world, "harbor", "desk.example.org")
    assert "Summit IT" in normal(world.anonymous(host="desk.example.org").get("/sign-in"))


@pytest.mark.threat("T-100")
@pytest.mark.parametrize(
    "name",
    [
        *("summit.test", "SUMMIT.test.", "www.summit.test", "a.b.summit.test", "co.uk", "com.au", "x.localhost"),
        *("desk.hosting.example", "hosting.example", "harb\u043er.example.com", "xn--harbr-0ye.example.com"),
    ],
)
def test_what_others_have_and_what_nobody_may_have_are_told_apart_by_nothing(world, adam, name):
    world.app.config["DESKHAND_DOMAIN"] = "hosting.example"
    try:
        with world.app.app_context():
            provision.add_host("summit", "desk.summit-it.example")
        response = add(adam, name)
    finally:
        world.app.config["DESKHAND_DOMAIN"] = ""
    page = normal(response)
    assert response.status_code == 422 and CANNOT in page
    assert "Summit" not in page.replace(name, "") and "taken" not in page
    assert rows(world) == {"harbor.test": "use", "localhost": "use"}


@pytest.mark.threat("T-100")
def test_a_name_above_another_organizations_host_is_not_for_us_either(world, adam):
    with world.app.app_context():
        provision.add_host("summit", "desk.summit-it.example")
    assert CANNOT in normal(add(adam, "summit-it.example"))
    # An operator who knows both may say so.
    add(world.staff("adam", "summit"), "summit-it.example")
    assert verify(world, "summit", "summit-it.example").state == "use"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "This is no host name"),
        ("a b", "This is no host name"),
        ("desk_1.example.com", "This is no host name"),
        ("-x.example.com", "This is no host name"),
        ("http://desk.example.com/x", "This is no host name"),
        ("127.0.0.1", "This is no host name"),
        ("10.1", "This is no host name"),
        ("[::1]", "This is no host name"),
        ("x" * 64 + ".example.com", "This is no host name"),
        ("*.example.com", "This is no host name"),
        ("desk", "A full name with a dot"),
        ("localhost", "A full name with a dot"),
        ("harbor.test", "in your list already"),
        ("<script>alert(1)</script>.example.com", "This is no host name"),
    ],
)
def test_what_is_no_host_name_is_said_beside_it(world, adam, name, said):
    response = add(adam, name)
    page = normal(response)
    assert response.status_code == 422 and said in page
    assert "<script>alert" not in page
    assert len(rows(world)) == 2


def test_only_so_many_names_wait(world, adam):
    for n in range(hosts.MOST_CLAIMS):
        assert add(adam, f"n{n}.example.com").status_code == 303
    assert "Too many names" in normal(add(adam, "more.example.com"))


def test_a_host_that_waits_is_simply_taken_back(world, adam):
    add(adam, "desk.example.org")
    assert adam.get(f"{HERE}/desk.example.org/removal").status_code == 200
    assert adam.post_form(f"{HERE}/desk.example.org/removal").status_code == 303
    assert "desk.example.org" not in rows(world)


@pytest.mark.threat("T-100")
def test_a_removed_host_leads_nowhere_and_stays_ours_for_a_while(world, adam):
    with world.app.app_context():
        provision.add_host("harbor", "desk.example.org")
    assert world.anonymous(host="desk.example.org").get("/sign-in").status_code == 200
    assert adam.post_form(f"{HERE}/desk.example.org/removal").status_code == 303
    assert world.anonymous(host="desk.example.org").get("/sign-in").status_code == 404
    assert rows(world)["desk.example.org"] == "removed"
    summit = world.staff("adam", "summit")
    assert CANNOT in normal(add(summit, "desk.example.org"))
    assert adam.post_form(f"{HERE}/desk.example.org/removal").status_code == 404
    world.sql("UPDATE shared.host SET removed_at = now() - interval '31 days' WHERE name = 'desk.example.org'")
    assert add(summit, "desk.example.org").status_code == 303
    verify(world, "summit", "desk.example.org")
    assert "Summit IT" in normal(world.anonymous(host="desk.example.org").get("/sign-in"))
    assert "desk.example.org" not in rows(world)


def test_an_operator_brings_a_removed_host_back(world, adam):
    with world.app.app_context():
        provision.add_host("harbor", "desk.example.org")
    adam.post_form(f"{HERE}/desk.example.org/removal")
    assert "in your list already" in normal(add(adam, "desk.example.org"))
    verify(world, "harbor", "desk.example.org")
    assert rows(world)["desk.example.org"] == "use"


def test_the_host_in_use_stays(world, adam):
    response = adam.post_form(f"{HERE}/harbor.test/removal")
    assert response.status_code == 409 and "You are using this address right now" in normal(response)
    assert rows(world)["harbor.test"] == "use"
    assert adam.post_form(f"{HERE}/localhost/removal").status_code == 303


@pytest.mark.threat("T-001", "T-100")
def test_another_organizations_hosts_are_neither_shown_nor_removed(world, adam):
    assert "summit.test" not in normal(adam.get(HERE))
    for name in ("summit.test", "nothing.example.com"):
        assert adam.get(f"{HERE}/{name}/removal").status_code == 404
        assert adam.post_form(f"{HERE}/{name}/removal").status_code == 404
    sent = {"name": "desk.example.org", "organization": world.keys["summit"], "verified_at": "2026-01-01", "key": "x"}
    assert adam.post_form(HERE, sent).status_code == 303
    assert rows(world)["desk.example.org"] == "waiting" and "desk.example.org" not in rows(world, "summit")


@pytest.mark.threat("T-100", "T-013")
def test_the_database_itself_lets_an_organization_only_ask(world):
    """Whatever the application does: no verified row, none of another organization, nothing in the portal."""
    password = json.loads((world.cluster.home / "logins.json").read_text())
    harbor, summit = world.keys["harbor"], world.keys["summit"]
    insert = "INSERT INTO shared.host (organization, name, token) VALUES (%s, 'x.example.org', 't')"
    with psycopg.connect(world.cluster.postgres.url("deskhand_app", world.database, password["deskhand_app"])) as desk:

        def refused(statement: str, *values) -> bool:
            try:
                with desk.transaction(force_rollback=True):
                    desk.execute("SELECT set_config('role', %s, true)", [f"org_{harbor}"])
                    return desk.execute(statement, values).rowcount == 0
            except (errors.InsufficientPrivilege, errors.UniqueViolation):
                return True

        assert not refused(insert, harbor)
        assert refused(insert, summit)
        with_date = (
            "INSERT INTO shared.host (organization, name, token, verified_at) VALUES (%s, 'x.example.org', 't', now())"
        )
        assert refused(with_date, harbor)
        assert refused("UPDATE shared.host SET verified_at = now()")
        assert refused("UPDATE shared.host SET name = 'y.example.org'")
        assert refused("UPDATE shared.host SET organization = %s", summit)
        assert refused("UPDATE shared.host SET removed_at = now() WHERE organization = %s", summit)
        assert refused("UPDATE shared.host SET removed_at = NULL WHERE organization = %s", harbor)
        assert refused("DELETE FROM shared.host WHERE verified_at IS NOT NULL")
        assert refused("DELETE FROM shared.host WHERE organization = %s", summit)
        with desk.transaction(force_rollback=True):
            desk.execute("SELECT set_config('role', %s, true)", [f"org_{harbor}"])
            names = {row[0] for row in desk.execute("SELECT name FROM shared.host")}
            assert names == {"harbor.test", "localhost"}
    portal = world.cluster.postgres.url("deskhand_portal", world.database, password["deskhand_portal"])
    with psycopg.connect(portal) as connection:
        connection.execute("SELECT set_config('role', %s, true)", [f"org_{harbor}_portal"])
        assert connection.execute("SELECT name FROM shared.host").fetchall() == []
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(insert, [harbor])


def test_the_operators_commands(world, adam, monkeypatch):
    add(adam, "desk.example.org")

    def run(*words: str):
        with world.app.app_context():
            return CliRunner().invoke(main.commands["org"], ["hosts", *words])

    listed = run("list", "harbor")
    assert "desk.example.org" in listed.output and "waiting" in listed.output and "TXT" in listed.output
    as_json = json.loads(run("list", "harbor", "--json").output)
    assert {row["name"]: row["state"] for row in as_json}["desk.example.org"] == "waiting"
    done = run("verify", "harbor", "desk.example.org")
    assert done.exit_code == 0 and "now leads to harbor" in done.output
    for words in (("verify", "harbor", "never.example.org"), ("verify", "nobody", "x.example.org"), ("list", "nobody")):
        failed = run(*words)
        assert failed.exit_code == 1 and "Error" in failed.output


def test_names_in_other_scripts_are_shown_as_they_are_kept(world, adam):
    assert add(adam, "büro.example.com").status_code == 303
    assert resolve.normal_host("büro.example.com") in rows(world)


def test_the_host_in_use_is_not_offered_for_removal(world, adam):
    page = normal(adam.get(HERE))
    assert f"{HERE}/localhost/removal" in page and f"{HERE}/harbor.test/removal" not in page
