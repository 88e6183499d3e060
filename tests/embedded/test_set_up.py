"""What dev.py makes: whole folders or none, and lock files that name versions and hashes but no addresses."""

import json
import re

import pytest

import dev


def test_the_locks_have_hashes_and_no_addresses():
    for path in (dev.LOCK, dev.NODE_LOCK):
        text = path.read_text()
        assert "://" not in text
        assert not re.search(r"(?m)^(torch|-)", text)
        pins = re.findall(r"(?m)^[a-z0-9._-]+(?:\[[a-z,]+\])?==\S+", text)
        assert pins and len(pins) == len(re.findall(r"(?m)^\S", re.sub(r"(?m)^#.*\n", "", text)))
        assert text.count("--hash=sha256:") >= len(pins)
    packages = json.loads((dev.ROOT / "package-lock.json").read_text())["packages"]
    assert len(packages) > 4
    for name, package in packages.items():
        assert "resolved" not in package
        assert not name or package["integrity"].startswith("sha512-")


def test_the_front_end_files_are_those_of_the_manifest():
    manifest = json.loads((dev.VENDOR / "manifest.json").read_text())
    assert set(manifest) == {name.rpartition("/")[2] for name in dev.VENDOR_FILES}
    for name, hashed in manifest.items():
        stem, suffix = name.rsplit(".", 1)
        assert re.fullmatch(rf"{re.escape(stem)}\.[0-9a-f]{{8}}\.{suffix}", hashed)
        assert b"sourceMappingURL" not in (dev.VENDOR / hashed).read_bytes()


def test_a_hashed_name_follows_the_content(tmp_path):
    source = tmp_path / "some.min.css"
    source.write_text("a{}\n/*# sourceMappingURL=some.min.css.map */")
    first = dev.copy_hashed(source, tmp_path)
    assert (tmp_path / first).read_text() == "a{}\n"
    source.write_text("b{}\n")
    assert dev.copy_hashed(source, tmp_path) != first


@pytest.mark.parametrize("there", ["nothing", "place", "old", "place and old"])
def test_a_finished_folder_takes_its_place_whatever_a_cut_off_set_up_left(tmp_path, there):
    new, place, old = (tmp_path / name for name in ("new", "place", "old"))
    for folder in (new, *(tmp_path / name for name in there.split(" and ") if name != "nothing")):
        folder.mkdir()
        (folder / "which").write_text(folder.name)
    dev.swap(new, place, old)
    assert (place / "which").read_text() == "new"
    assert not new.exists() and not old.exists()


def test_scripts_are_pointed_to_their_final_place(tmp_path, monkeypatch):
    new, final = tmp_path / ".venv.new", tmp_path / ".venv"
    monkeypatch.setattr(dev, "VENV", final)
    (new / "bin").mkdir(parents=True)
    (new / "bin" / "tool").write_text(f"#!{new}/bin/python\n")
    (new / "bin" / "binary").write_bytes(b"\x7fELF\0" + str(new).encode())
    (new / "pyvenv.cfg").write_text(f"command = python -m venv {new}\n")
    dev.name_final_place(new)
    assert (new / "bin" / "tool").read_text() == f"#!{final}/bin/python\n"
    assert str(new).encode() in (new / "bin" / "binary").read_bytes()
    assert (new / "pyvenv.cfg").read_text() == f"command = python -m venv {final}\n"


@pytest.mark.parametrize(
    ("args", "addopts", "expected"),
    [
        ((), "", ["-n", "2", "--dist", "loadfile"]),
        (("-k", "name"), "", ["-n", "2", "--dist", "loadfile", "-k", "name"]),
        (("-n0",), "", ["-n0"]),
        ((), "-n 4", []),
        (("--pdb",), "", ["--pdb"]),
        (("-p", "no:xdist"), "", ["-p", "no:xdist"]),
    ],
)
def test_the_tests_run_in_two_processes_unless_told_otherwise(monkeypatch, args, addopts, expected):
    became = []
    monkeypatch.setattr(dev, "setup", lambda: None)
    monkeypatch.setattr(dev, "become", lambda *words: became.extend(words))
    monkeypatch.setenv("PYTEST_ADDOPTS", addopts)
    dev.test(list(args))
    assert became == ["-m", "pytest", *expected]


def test_what_python_compiles_is_kept_even_where_it_is_told_not_to(monkeypatch):
    became = []
    monkeypatch.setattr(dev.os, "execve", lambda program, words, environment: became.append(environment))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    dev.become("-m", "app.embedded")
    assert became[0]["PYTHONPYCACHEPREFIX"].startswith(str(dev.LOCAL))
    assert "PYTHONDONTWRITEBYTECODE" not in became[0]


def test_a_python_without_venv_is_told_which_package_brings_it(monkeypatch):
    found = dev.importlib.util.find_spec
    monkeypatch.setattr(dev.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else found(name))
    with pytest.raises(dev.SetupFailed, match=r"apt install python3\.\d+-venv"):
        dev.require_venv_module()
