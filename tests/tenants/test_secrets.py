"""Sealing: what was sealed for one organization and purpose opens nowhere else."""

import pytest

from tenants import NoTenant
from tenants.secrets import CannotOpen, fingerprint, seal, unseal


@pytest.mark.threat("T-102")
def test_only_the_same_organization_and_purpose_open(shared_world):
    with shared_world.inside("harbor"):
        sealed = seal("password", b"open sesame")
        assert b"sesame" not in sealed
        assert unseal("password", sealed) == b"open sesame"
        with pytest.raises(CannotOpen):
            unseal("file", sealed)
    with shared_world.inside("summit"), pytest.raises(CannotOpen):
        unseal("password", sealed)


@pytest.mark.threat("T-102")
def test_changed_bytes_do_not_open(shared_world):
    with shared_world.inside():
        sealed = seal("password", b"open sesame")
        for place in range(len(sealed)):
            changed = bytearray(sealed)
            changed[place] ^= 1
            with pytest.raises(CannotOpen):
                unseal("password", bytes(changed))
        for short in (b"", sealed[:5], sealed[:20]):
            with pytest.raises(CannotOpen):
                unseal("password", short)


@pytest.mark.threat("T-102")
def test_another_installations_key_does_not_open(shared_world, monkeypatch):
    with shared_world.inside():
        sealed = seal("password", b"open sesame")
        monkeypatch.setitem(shared_world.app.config, "SECRET_KEY", "another installation's key")
        with pytest.raises(CannotOpen):
            unseal("password", sealed)


@pytest.mark.threat("R-30", "T-102")
def test_a_key_of_before_opens_what_it_sealed_and_seals_nothing_more(shared_world, monkeypatch):
    config = shared_world.app.config
    with shared_world.inside("harbor"):
        old = seal("password", b"open sesame")
        monkeypatch.setitem(config, "SECRET_KEY_FALLBACKS", [config["SECRET_KEY"], "an even older one"])
        monkeypatch.setitem(config, "SECRET_KEY", "the new key")
        new = seal("password", b"open sesame")
        assert unseal("password", old) == unseal("password", new) == b"open sesame"
        with pytest.raises(CannotOpen):
            unseal("file", old)
        monkeypatch.setitem(config, "SECRET_KEY_FALLBACKS", [])
        assert unseal("password", new) == b"open sesame"
        with pytest.raises(CannotOpen):
            unseal("password", old)
    monkeypatch.setitem(config, "SECRET_KEY_FALLBACKS", ["the new key"])
    with shared_world.inside("summit"), pytest.raises(CannotOpen):
        unseal("password", new)


def test_the_same_text_is_sealed_differently_each_time(shared_world):
    with shared_world.inside():
        assert len({seal("password", b"the same") for _ in range(50)}) == 50


def test_fingerprints_are_the_same_within_and_of_no_use_outside(shared_world):
    found = {}
    for slug in ("harbor", "summit"):
        with shared_world.inside(slug):
            found[slug] = fingerprint("sign-in", "ann@desk.example")
            assert fingerprint("sign-in", "ann@desk.example") == found[slug]
            assert fingerprint("other", "ann@desk.example") != found[slug]
    assert found["harbor"] != found["summit"]


def test_nothing_is_sealed_without_an_organization(shared_world):
    with shared_world.app.app_context():
        with pytest.raises(NoTenant):
            seal("password", b"x")
        with pytest.raises(NoTenant):
            unseal("password", b"x" * 40)
