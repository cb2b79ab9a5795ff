"""Settings: defaults < tachograph.toml < TACHOGRAPH_SECTION__KEY < command line.

The only module that reads the environment. Each part owns a dataclass with safe defaults; here they are composed,
checked and overridden. Pydantic is loaded only when there is something to check.
"""

from __future__ import annotations

import dataclasses
import os
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_type_hints

from tachograph.home import Home, find_home
from tachograph.inputs.histories.config import ImportConfig
from tachograph.inputs.otlp.config import OtlpConfig
from tachograph.journal.config import JournalConfig
from tachograph.outputs.sinks.config import FileSinkConfig, ForwardConfig, WebhookConfig
from tachograph.pipeline.config import PrivacyConfig
from tachograph.server.live_config import LiveConfig
from tachograph.statusline.config import BudgetConfig, StatusLineConfig
from tachograph.store.config import RetentionConfig, StoreConfig
from tachograph_sdk.errors import ConfigError, QueryError
from tachograph_sdk.outbox.config import OutboxConfig

__all__ = [
    "LogConfig",
    "ServerConfig",
    "Settings",
    "Sourced",
    "explain",
    "has_display",
    "home_from",
    "load",
    "machine_zone",
    "privacy_of",
    "secret_of",
    "user_environment",
    "whole_environment",
]

PREFIX = "TACHOGRAPH_"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """The API and its page."""

    host: str = "127.0.0.1"
    port: int = 3000
    allowed_hosts: tuple[str, ...] = ()  # names besides loopback that this server answers to
    questions_at_once: int = 4  # of the API and its page; the others wait, so that what comes in is written meanwhile
    questions_waiting: int = 100  # one more is told to come again (503)
    questions_wait_s: float = 20.0  # and so is one that waited so long

    def __post_init__(self) -> None:
        """Refuse what would answer nothing. Raises ConfigError."""
        if self.questions_at_once < 1 or self.questions_waiting < 0 or self.questions_wait_s <= 0:
            raise ConfigError("server: questions_at_once is at least 1, questions_wait_s more than 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """The product's own log, on standard error."""

    json: bool = False  # one JSON object a line
    level: str = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a user can set."""

    server: ServerConfig = field(default_factory=ServerConfig)
    live: LiveConfig = field(default_factory=LiveConfig)
    otlp: OtlpConfig = field(default_factory=OtlpConfig)
    journal: JournalConfig = field(default_factory=JournalConfig)
    store: StoreConfig = field(default_factory=StoreConfig)
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    imports: ImportConfig = field(default_factory=ImportConfig)
    privacy: PrivacyConfig = field(default_factory=PrivacyConfig)
    outbox: OutboxConfig = field(default_factory=OutboxConfig)
    forward: ForwardConfig = field(default_factory=ForwardConfig)
    webhook: WebhookConfig = field(default_factory=WebhookConfig)
    file_sink: FileSinkConfig = field(default_factory=FileSinkConfig)
    budget: BudgetConfig = field(default_factory=BudgetConfig)
    statusline: StatusLineConfig = field(default_factory=StatusLineConfig)
    log: LogConfig = field(default_factory=LogConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """One setting, its value and where that came from."""

    key: str
    value: Any
    origin: str


def load(
    home: Home, *, environ: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Read and check all settings.

    Args:
        home: where tachograph.toml lies, if there is one.
        environ: the environment; the process's own by default.
        overrides: "section.key" to value, from the command line; None values are left out.

    Raises:
        ConfigError: an unknown or wrong setting; names where it stands and its key.
    """
    merged, _ = _merge(home, os.environ if environ is None else environ, overrides or {})
    return _check(merged, home) if merged else Settings()


def explain(home: Home, *, environ: Mapping[str, str] | None = None) -> list[Sourced]:
    """Every setting with its value and origin, for `tachograph config show`."""
    merged, origins = _merge(home, os.environ if environ is None else environ, {})
    settings = _check(merged, home) if merged else Settings()
    rows = []
    for section in dataclasses.fields(settings):
        part = getattr(settings, section.name)
        for option in dataclasses.fields(part):
            key = f"{section.name}.{option.name}"
            rows.append(Sourced(key=key, value=getattr(part, option.name), origin=origins.get(key, "default")))
    return rows


def privacy_of(
    home: Home, *, environ: Mapping[str, str] | None = None, told_of: str = "preset"
) -> tuple[PrivacyConfig, str]:
    """The section [privacy] alone, and what said the option `told_of`; quick: it is asked for while records come in.

    Raises:
        ConfigError: as `load`, for this section.
    """
    merged, origins = _merge(home, os.environ if environ is None else environ, {})
    known = get_type_hints(PrivacyConfig)
    options = merged.get("privacy", {})
    for key, value in options.items():
        if key not in known:
            raise ConfigError(f"unknown setting privacy.{key}", hint="known: " + ", ".join(known))
        if value not in (allowed := get_args(known[key])):
            raise ConfigError(f"privacy.{key}: no such choice", hint="known: " + ", ".join(map(str, allowed)))
    return PrivacyConfig(**options), origins.get(f"privacy.{told_of}", "default")


def home_from(explicit: str | Path | None) -> Home:
    """The home to use, with TACHOGRAPH_HOME from the environment."""
    return find_home(explicit, os.environ)


_WHERE_AGENTS_KEEP_THEIR_FILES = frozenset(
    {
        "CLAUDE_CONFIG_DIR",
        "CODEX_HOME",
        "COPILOT_HOME",
        "COPILOT_OTEL_FILE_EXPORTER_PATH",
        "HOME",
        "USERPROFILE",
        "XDG_CONFIG_HOME",
    }
)


def user_environment() -> Mapping[str, str]:
    """What finding an agent's files needs to know of the environment."""
    return {k: v for k, v in os.environ.items() if k in _WHERE_AGENTS_KEEP_THEIR_FILES}


def whole_environment() -> dict[str, str]:
    """All of the environment, for a program that is run in this one's place."""
    return dict(os.environ)


def machine_zone(*, environ: Mapping[str, str] | None = None, root: Path = Path("/")) -> tuple[str, str]:
    """The IANA name of this machine's time zone, and what said so. UTC where nothing names one.

    Looked at in this order: TZ, the link /etc/localtime, /etc/timezone. TZ is obeyed even where it names no zone: the C
    library takes that for UTC too.
    """
    variable = (os.environ if environ is None else environ).get("TZ")
    if variable is not None:
        return _zone_in(variable.removeprefix(":")) or "UTC", "TZ"
    try:
        if name := _zone_in(os.readlink(root / "etc/localtime")):
            return name, "/etc/localtime"
    except OSError:
        pass  # not there, or a copy, which does not say of what
    try:
        if name := _zone_in((root / "etc/timezone").read_text("utf-8").strip()):
            return name, "/etc/timezone"
    except (OSError, UnicodeDecodeError):
        pass  # many systems have none
    return "UTC", "nothing: neither TZ nor /etc/localtime nor /etc/timezone names a zone"


def _zone_in(text: str) -> str | None:
    """The zone that a name or a path into a database of zones means."""
    from tachograph.analytics.zones import find_zone

    name = re.sub(r"^.*zoneinfo[^/]*/", "", text).removeprefix("posix/").removeprefix("right/")
    try:
        return find_zone(name).name
    except QueryError:
        return None


def secret_of(key: str, reference: str, *, environ: Mapping[str, str] | None = None) -> str:
    """What a setting of the form env:NAME means; "" for an empty one. Settings are printed and passed on, secrets not.

    Raises:
        ConfigError: it is not of that form, or the variable is not set. Never quotes it.
    """
    if not reference:
        return ""
    name = reference.removeprefix("env:")
    if name == reference or not name.isidentifier():
        raise ConfigError(f"{key} has to name a variable", hint="write env:NAME, and put the secret into that variable")
    found = (os.environ if environ is None else environ).get(name)
    if not found:
        raise ConfigError(f"{key} names a variable that is not set", hint=f"set {name}, or take the setting out")
    return found


def has_display() -> bool:
    """True where a browser can be opened for the user."""
    return sys.platform == "darwin" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ))


def _merge(
    home: Home, environ: Mapping[str, str], overrides: Mapping[str, Any]
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    merged: dict[str, dict[str, Any]] = {}
    origins: dict[str, str] = {}

    def put(section: str, key: str, value: Any, origin: str) -> None:
        merged.setdefault(section, {})[key] = value
        origins[f"{section}.{key}"] = origin

    for section, options in _read_toml(home.config).items():
        if not isinstance(options, dict):
            raise ConfigError(f"{home.config}: {section} must be a table", hint=f"write it as [{section}]")
        merged.setdefault(section, {})
        for key, value in options.items():
            put(section, key, value, str(home.config))
    for name, value in environ.items():
        if name.startswith(PREFIX) and "__" in name:
            section, _, key = name.removeprefix(PREFIX).lower().partition("__")
            put(section, key, value, name)
    for dotted, value in overrides.items():
        if value is not None:
            section, _, key = dotted.partition(".")
            put(section, key, value, "command line")
    return merged, origins


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", hint="correct or remove the file") from None


def _check(merged: dict[str, dict[str, Any]], home: Home) -> Settings:
    from pydantic import TypeAdapter, ValidationError

    values: dict[str, Any] = {}
    sections = {f.name: f for f in dataclasses.fields(Settings)}
    for section, options in merged.items():
        if section not in sections:
            raise ConfigError(f"unknown section {section!r}", hint="known: " + ", ".join(sections))
        part = type(getattr(Settings(), section))
        known = [f.name for f in dataclasses.fields(part)]
        for key in options:
            if key not in known:
                raise ConfigError(f"unknown setting {section}.{key}", hint="known: " + ", ".join(known))
        options = {k: _split(v) if _is_sequence(part, k) else v for k, v in options.items()}
        adapter = TypeAdapter(part)
        try:
            values[section] = adapter.validate_python(options)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            key = ".".join([section, *(str(x) for x in first["loc"])])
            raise ConfigError(f"{key}: {first['msg']}", hint=f"see {home.config} and TACHOGRAPH_…") from None
    return Settings(**values)


def _is_sequence(part: type, key: str) -> bool:
    return isinstance({f.name: f for f in dataclasses.fields(part)}[key].type, str) and "tuple" in str(
        {f.name: f for f in dataclasses.fields(part)}[key].type
    )


def _split(value: Any) -> Any:
    return tuple(x.strip() for x in value.split(",") if x.strip()) if isinstance(value, str) else value
