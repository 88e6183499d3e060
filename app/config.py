"""Every environment variable Deskhand reads, once, with its type and its default."""

import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator may set. Each variable may also be given as NAME_FILE, the path of a file that holds it."""

    model_config = SettingsConfigDict(env_prefix="DESKHAND_", extra="ignore", populate_by_name=True)

    home: Path = Field(Path(".local"), description="Folder for passwords, keys and the embedded servers' data.")
    database_url: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("DATABASE_URL", "database_url"),
        description="PostgreSQL 15 or newer, as the role that owns the tables: postgresql://owner:password@host/name.",
    )
    redis_url: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("REDIS_URL", "redis_url"),
        description="Valkey or Redis, used to wake workers: redis://:password@host:port/0.",
    )
    port: int = Field(
        8000, validation_alias=AliasChoices("PORT", "port"), description="Port of the web server.", ge=1, le=65535
    )
    bind: str = Field("127.0.0.1", description="Address the web server listens on.")
    secret_key: SecretStr = Field(
        SecretStr(""), description="Signs cookies and seals secrets; made in the home folder when not given."
    )
    old_secret_keys: SecretStr = Field(
        SecretStr(""),
        description="Secret keys of before, a space between two: what they signed or sealed still counts.",
    )
    web_processes: int = Field(2, description="Web server processes.", ge=1, le=64)
    web_threads: int = Field(4, description="Threads in each web server process.", ge=1, le=64)
    https: bool = Field(
        False, description="True behind a proxy that speaks TLS: cookies are then Secure, HSTS is sent."
    )
    domain: str = Field(
        "", description="Your own domain, under which you give organizations names; none may ask for a name in it."
    )
    proxies: int = Field(0, description="How many reverse proxies in front set X-Forwarded-For.", ge=0, le=5)
    max_upload: int = Field(256 * 1024 * 1024, description="Largest request body in bytes.", ge=1024)
    max_file: int = Field(25 * 1024 * 1024, description="Largest file in bytes that is attached to a record.", ge=1024)
    max_files: int = Field(
        10 * 1024 * 1024 * 1024,
        description="Bytes that all files attached to the records of one organization may take.",
        ge=1024,
    )
    max_picture: int = Field(
        10 * 1024 * 1024,
        description="Largest picture of a person in bytes that is taken; it is kept much smaller.",
        ge=1024,
    )
    lease: int = Field(60, description="Seconds after which a job whose worker fell silent is taken over.", ge=5)
    job_memory: int = Field(1024, description="Memory in MiB that one job may take; one that needs more fails.", ge=256)
    map_url: str = Field(
        "https://www.openstreetmap.org/search?query={address}",
        description="Where “Map” beside an address leads, with {address} in it; nothing for no such link.",
        pattern=r"^(https?://[^\s]+)?$",
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="How the log is written: text, or json, a line each."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="From which level on events are written."
    )
    metrics_port: int = Field(
        0, description="Port of `/metrics` for Prometheus beside `deskhand serve`; 0 for none.", ge=0, le=65535
    )
    metrics_bind: str = Field("127.0.0.1", description="Address on which `/metrics` is answered.")
    demo: bool = Field(
        False, description="True makes `make run` fill a database of your own with the demo; never for real use."
    )


# Read where it is needed, before there are settings; it has no NAME_FILE.
PG_BIN = "Folder of the PostgreSQL programs that `make run` and the tests start instead of those of the wheel."


@dataclass(frozen=True)
class Variable:
    """An environment variable as an operator meets it."""

    name: str
    field: str
    type: str
    default: str
    description: str
    secret: bool


def variables() -> list[Variable]:
    """Every variable of `Settings`, in the order in which they stand there."""
    return [_variable(name, info) for name, info in Settings.model_fields.items()]


def _variable(name: str, info) -> Variable:
    variable = info.validation_alias.choices[0] if info.validation_alias else f"DESKHAND_{name.upper()}"
    secret = info.annotation is SecretStr
    default = info.default.get_secret_value() if secret else info.default
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    return Variable(variable, name, _type(info), shown, info.description, secret)


def _type(info) -> str:
    """The type in words, with the bounds of a number."""
    words = {SecretStr: "secret text", str: "text", Path: "folder", bool: "true or false", int: "whole number"}
    bounds = {key: getattr(bound, key) for bound in info.metadata for key in ("ge", "le") if hasattr(bound, key)}
    limits = [f"from {bounds['ge']}"] if "ge" in bounds else []
    limits += [f"to {bounds['le']}"] if "le" in bounds else []
    choices = " or ".join(f"`{choice}`" for choice in get_args(info.annotation))
    return " ".join([words.get(info.annotation, choices), *limits])


def load(**overrides) -> Settings:
    """Read the environment; problems are raised all at once by pydantic, with the variable's name."""
    from_files = {}
    for variable in variables():
        path = os.environ.get(f"{variable.name}_FILE")
        if path:
            try:
                from_files[variable.field] = Path(path).read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is not text"
                raise OSError(f"{variable.name}_FILE names {path}, which cannot be read: {reason}") from error
    settings = Settings(**{**from_files, **overrides})
    settings.home = settings.home.expanduser().resolve()
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not settings.secret_key.get_secret_value():
        settings.secret_key = SecretStr(_kept_secret(settings.home / "secret_key"))
    return settings


def problems(error: ValidationError) -> list[str]:
    """What is wrong with the environment, a sentence for each variable."""
    names = {variable.field: variable.name for variable in variables()}
    found = []
    for one in error.errors():
        word = str(one["loc"][0]) if one["loc"] else ""
        name = names.get(word, word if word.isupper() else f"DESKHAND_{word.upper()}")
        found.append(f"{name}: {one['msg']}.")
    return found


def load_for_commands() -> Settings:
    """As `load`; where nothing else is said, commands talk to the servers `make run` has started in the same home."""
    settings = load()
    path = settings.home / "services.json"
    if not settings.database_url.get_secret_value() and path.exists():
        running = json.loads(path.read_text())
        settings.database_url = SecretStr(running["DATABASE_URL"])
        settings.redis_url = SecretStr(running["REDIS_URL"])
    return settings


def _kept_secret(path: Path) -> str:
    """The installation's own random key, made once; two processes starting together agree on the first."""
    mine = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(mine, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
    with contextlib.suppress(FileExistsError):
        os.link(mine, path)
    mine.unlink()
    return path.read_text().strip()


def flask_config(settings: Settings) -> dict:
    """The settings in the words of Flask and of the storey `tenants`."""
    return {
        "SETTINGS": settings,
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "SECRET_KEY_FALLBACKS": settings.old_secret_keys.get_secret_value().split(),
        "DESKHAND_HOME": settings.home,
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "DESKHAND_LEASE": settings.lease,
        "DESKHAND_JOB_MEMORY": settings.job_memory,
        "DESKHAND_MAP_URL": settings.map_url,
        "DESKHAND_DOMAIN": settings.domain,
        "MAX_CONTENT_LENGTH": settings.max_upload,
        "MAX_FORM_PARTS": 2000,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": settings.https,
        "SESSION_COOKIE_SECURE": settings.https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "TEMPLATES_AUTO_RELOAD": False,
        "BABEL_DEFAULT_LOCALE": "en",
    }
