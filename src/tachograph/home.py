"""Where everything of one installation lies: one directory, private to its owner."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tachograph_sdk.errors import ConfigError

__all__ = ["Home", "find_home"]


@dataclass(frozen=True, slots=True)
class Home:
    """The files of one installation. Nothing outside `root` is written."""

    root: Path

    @property
    def journal(self) -> Path:
        """Segments between receiver and core; emptied as they are read."""
        return self.root / "journal"

    @property
    def store(self) -> Path:
        """The database file."""
        return self.root / "tachograph.duckdb"

    @property
    def secret(self) -> Path:
        """The key of this installation's pseudonyms."""
        return self.root / "secret.key"

    @property
    def consent(self) -> Path:
        """The ledger of what was allowed, and its anchor."""
        return self.root / "consent"

    @property
    def server(self) -> Path:
        """Where the running server says how to reach it."""
        return self.root / "server.json"

    @property
    def lock(self) -> Path:
        """Held by the running server; the system lets go of it when the process ends, however it ends."""
        return self.root / "serve.lock"

    @property
    def imports_cache(self) -> Path:
        """What the last import saw, so that an import with nothing new need not open the store."""
        return self.root / "imports.cache"

    @property
    def config(self) -> Path:
        """The owner's settings."""
        return self.root / "tachograph.toml"

    @property
    def prices(self) -> Path:
        """The owner's own prices, which go before the packaged ones."""
        return self.root / "prices.toml"

    @property
    def dashboards(self) -> Path:
        """The owner's own dashboards."""
        return self.root / "dashboards"

    @property
    def anonymous_id(self) -> Path:
        """A random id of this installation; only there if something needed one."""
        return self.root / "anonymous_id"

    @property
    def outbox(self) -> Path:
        """What is about to leave this machine, and receipts of what left."""
        return self.root / "outbox"

    @property
    def objections(self) -> Path:
        """Whose records must not be kept, as keyed hashes."""
        return self.root / "objections.json"

    @property
    def tombstones(self) -> Path:
        """What was erased and must not come back, as keyed hashes."""
        return self.root / "tombstones.json"

    @property
    def corrections(self) -> Path:
        """Values that are made right in what is stored and in what comes in."""
        return self.root / "corrections.json"

    @property
    def exports(self) -> Path:
        """What was exported about whom, and where to."""
        return self.root / "exports.jsonl"

    @property
    def erasure(self) -> Path:
        """Present while an erasure is under way, so that it is finished whatever happens."""
        return self.root / "erasure.json"

    @property
    def receipts(self) -> Path:
        """What was erased and corrected, when, and how that was checked."""
        return self.root / "receipts"

    @property
    def hook_keys(self) -> Path:
        """The keys with which plugins sign what they send, by their ids."""
        return self.root / "hook_keys.json"

    @property
    def evals(self) -> Path:
        """Baselines and changes that the owner noted, in the owner's own words."""
        return self.root / "evals.json"

    @property
    def merge_keys(self) -> Path:
        """Keys of the pseudonyms in merged files, one for each merge."""
        return self.root / "merge_keys"

    @property
    def plugin_record(self) -> Path:
        """How Claude Code's settings were found when the plugin was put in, so that they can be left so."""
        return self.root / "plugin.json"

    @property
    def otel_record(self) -> Path:
        """How Claude Code's settings were found when its telemetry was switched on, so that they can be left so."""
        return self.root / "otel.json"

    @property
    def demo_marker(self) -> Path:
        """Present in a home that holds made-up data only."""
        return self.root / "DEMO"

    def create(self) -> None:
        """Make the directory, and let all that this process makes from now on be readable by its owner only.

        Raises:
            ConfigError: it cannot be made, or belongs to somebody else.
        """
        os.umask(0o077)
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            if os.name == "posix":
                self.root.chmod(0o700)
        except OSError as error:
            reason = "there is a file of this name" if isinstance(error, FileExistsError) else error.strerror
            hint = "give another folder with --home, or in TACHOGRAPH_HOME"
            raise ConfigError(f"{self.root} cannot be the home folder: {reason}", hint=hint) from error


def find_home(explicit: str | Path | None, environ: Mapping[str, str]) -> Home:
    """The home to use: the command line's, else TACHOGRAPH_HOME, else the platform's user data directory."""
    chosen = explicit or environ.get("TACHOGRAPH_HOME")
    if chosen:
        return Home(Path(chosen).expanduser().absolute())
    import platformdirs

    return Home(Path(platformdirs.user_data_dir("tachograph", appauthor=False)))
