"""The pages that speak of variables, commands and files name only those that there are."""

import json
import re

import click
import pytest
from click.testing import CliRunner

from app import config, environment
from app.cli import main

from .source import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs").glob("*.y*ml"))]


def names() -> set[str]:
    known = {variable.name for variable in config.variables()}
    return known | {f"{name}_FILE" for name in known} | {"DESKHAND_PG_BIN"}


def test_the_page_of_configuration_is_up_to_date():
    kept = (ROOT / "docs" / "configuration.md").read_text()
    assert kept == environment.page(), "Run: deskhand config --markdown > docs/configuration.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_variables_that_there_are(page):
    found = set(re.findall(r"\b(?:DESKHAND_\w+|DATABASE_URL\w*|REDIS_URL\w*|PORT(?:_FILE)?)\b", page.read_text()))
    assert sorted(found - names()) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_commands_that_there_are(page):
    for words in re.findall(r"(?:^|`|\bbin/)deskhand ([a-z][a-z -]*)", page.read_text(), re.MULTILINE):
        command = main
        for word in words.split():
            if not isinstance(command, click.Group):
                break
            assert word in command.commands, f"deskhand {words}"
            command = command.commands[word]


@pytest.mark.parametrize("page", [page for page in PAGES if page.suffix == ".md"], ids=lambda page: page.name)
def test_a_page_links_to_what_is_there(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """Run `deskhand config` in an environment of these variables only."""
    for name in names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path))

    def run(*words: str, **variables: str):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(main, ["config", *words])

    return run


def test_config_shows_each_value_and_where_it_comes_from_but_no_secret(shown, tmp_path):
    (tmp_path / "url").write_text("postgresql://me:very-secret@db/desk\n")
    result = shown("--json", PORT="8123", DATABASE_URL_FILE=str(tmp_path / "url"), DESKHAND_SECRET_KEY="x" * 40)
    facts = {fact["name"]: fact for fact in json.loads(result.stdout)}
    assert facts["PORT"] == {"name": "PORT", "value": "8123", "secret": False, "from": "PORT"}
    assert facts["DATABASE_URL"]["from"] == "DATABASE_URL_FILE" and facts["DESKHAND_LEASE"]["from"] == "default"
    assert "very-secret" not in result.output and "xxx" not in result.output
    plain = shown().output
    assert re.search(r"^PORT +8123 +PORT$", plain, re.MULTILINE) and "very-secret" not in plain
    assert set(facts) == {variable.name for variable in config.variables()}


def test_the_key_comes_from_the_home_folder_when_none_is_given(shown):
    facts = {fact["name"]: fact for fact in json.loads(shown("--json").stdout)}
    assert facts["DESKHAND_SECRET_KEY"]["from"] == environment.KEPT


def test_config_names_every_variable_that_is_wrong(shown, tmp_path):
    result = shown("--json", PORT="x", DESKHAND_LEASE="2", DATABASE_URL="")
    assert result.exit_code == 1
    assert "PORT: " in json.loads(result.stdout)["error"] and "DESKHAND_LEASE: " in json.loads(result.stdout)["error"]
    result = shown(REDIS_URL_FILE=str(tmp_path / "none"), PORT="1", DESKHAND_LEASE="9")
    assert result.exit_code == 1 and "REDIS_URL_FILE" in result.stderr and "No such file" in result.stderr
