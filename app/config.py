"""Every environment variable Deskhand reads, once, with its type and its default."""

import contextlib
import json
import os
import secrets
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
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
    web_processes: int = Field(2, description="Web server processes.", ge=1, le=64)
    web_threads: int = Field(4, description="Threads in each web server process.", ge=1, le=64)
    worker_processes: int = Field(1, description="Worker processes started by `deskhand worker`.", ge=1, le=64)
    https: bool = Field(
        False, description="True behind a proxy that speaks TLS: cookies are then Secure, HSTS is sent."
    )
    domain: str = Field(
        "", description="Your own domain, under which you give organizations names; none may ask for a name in it."
    )
    proxies: int = Field(0, description="How many reverse proxies in front set X-Forwarded-For.", ge=0, le=5)
    max_upload: int = Field(256 * 1024 * 1024, description="Largest request body in bytes.", ge=1024)
    lease: int = Field(60, description="Seconds after which a job whose worker fell silent is taken over.", ge=5)


def load(**overrides) -> Settings:
    """Read the environment; problems are raised all at once by pydantic, with the variable's name."""
    from_files = {}
    for name in Settings.model_fields:
        field = Settings.model_fields[name]
        variable = field.validation_alias.choices[0] if field.validation_alias else f"DESKHAND_{name.upper()}"
        path = os.environ.get(f"{variable}_FILE")
        if path:
            from_files[name] = Path(path).read_text().strip()
    settings = Settings(**{**from_files, **overrides})
    settings.home = settings.home.expanduser().resolve()
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not settings.secret_key.get_secret_value():
        settings.secret_key = SecretStr(_kept_secret(settings.home / "secret_key"))
    return settings


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
        "DESKHAND_HOME": settings.home,
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "DESKHAND_LEASE": settings.lease,
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
