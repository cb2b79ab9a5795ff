"""PRIVACY.md, made from the tables that the program runs on: a reader can answer every question from it alone."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator

from tachograph_sdk.model.attributes import ATTRIBUTES, CONTENTS
from tachograph_sdk.model.event import EventKind
from tachograph_sdk.privacy.policy import POLICIES, POLICY_VERSION, RULES, Preset, Purpose, Rule, Treatment, digest

__all__ = ["ANSWERS", "privacy_page"]

_AGENT = frozenset(EventKind) - {EventKind.PACKAGE_DOWNLOADS, EventKind.REPO_ACTIVITY}

ANSWERS: tuple[tuple[str, str], ...] = (
    ("See what is kept about a person, a session, a repository or a time", "show"),
    ("See the rules and choose a preset", "policy"),
    ("Take a copy with you", "export"),
    ("Correct something", "rectify"),
    ("Have something not kept from now on", "object"),
    ("Erase, and have it checked", "erase"),
    ("See what was erased and corrected, when, and how that was checked", "receipts"),
    ("See how long things are kept, and what is due", "retention"),
    ("Choose whether names are shown as they are", "identity"),
    ("Allow, refuse or withdraw a purpose; see who decided what, and when", "consent"),
)
"""What somebody may want, and the command of `tachograph privacy` for it."""


def privacy_page() -> str:
    """The whole page."""
    return "\n".join(
        [
            _IN_SHORT.format(version=POLICY_VERSION),
            _presets(),
            _kept(),
            _texts(),
            _never(),
            _how_long(),
            _where(),
            _rights(),
            _leaves(),
            _scrubber(),
            _purposes(),
            _refused(),
            _versions(),
        ]
    )


_IN_SHORT = """# What we collect

Policy version {version}. This page is made from the tables that the program runs on; a test fails when they differ.

**What is kept?** Numbers: tokens, costs, how many, how long, what failed. By default also names of models, tools, skills
and other features, if they have the form of a name and the scrubber finds nothing in it. People, sessions,
organizations, folders and repositories are keyed pseudonyms, made with a secret that stays in your home folder, unless
you choose `identity = "clear"`. No texts, unless you choose the preset `content` and consent to it.

**How is that made sure?** What an agent sends may hold anything. One piece of code, `privacy/release.py`, lets an
attribute through only if a row below names it, in the form that the row says, and drops and counts everything else. What
it let through is all that the store, the pages, the exports and the outbox ever get.

**Where is it, and who can read it?** On the machine that runs `tachograph`, in one folder that only its owner may open.

**What leaves the machine?** Nothing, until you switch the outbox on, name a destination and consent to a purpose.

**How long is it kept?** Until its time is over ([days](#how-long)) or you erase it.

**How do I stop it?** Stop the server. After that only `tachograph` and `tachograph import` read anything, when you run
them. [More](#see-correct-stop-erase).
"""


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def _presets() -> str:
    from tachograph_sdk.privacy import rules
    from tools.reference import trailing_comments

    comments = trailing_comments(rules)

    def row(preset: Preset) -> tuple[str, ...]:
        kept = {r.into or r.attribute for r in POLICIES[preset].rules if r.treatment is not Treatment.DROP}
        name = f"`{preset.value}`" + (" (default)" if preset is Preset.STANDARD else "")
        return name, comments["Preset", preset.name], f"{len(kept - set(CONTENTS))}", f"{len(kept & set(CONTENTS))}"

    return (
        "## Presets\n\n"
        "`[privacy] preset` in `tachograph.toml` chooses one; `tachograph privacy policy` shows and sets it. It holds for what\n"
        "comes in from then on, at once, also in a running server. `content` holds only while there is a consent for\n"
        "`content_recording`: without one, `standard` does, and `tachograph doctor`, `tachograph privacy policy` and the page\n"
        "say so. While texts are kept, every page and report says that too. Leaving `content` erases the texts.\n\n"
        + _table(("Preset", "What is kept", "Attributes", "Texts"), map(row, Preset))
        + "\n`strict` also counts what nobody knows without its name: a name that nobody knows may say anything.\n"
    )


def _on(rule: Rule) -> str:
    if rule.kinds >= _AGENT:
        return "every agent record"
    return ", ".join(f"`{kind.value}`" for kind in EventKind if kind in rule.kinds)


_DONE = {Treatment.DROP: "dropped"}


def _treated(rule: Rule) -> str:
    return f"{rule.treatment} ({rule.shape})" if rule.shape else str(rule.treatment)


def _kept() -> str:
    from tachograph_sdk.privacy.shapes import SHAPES

    strict = {r.attribute: r for r in POLICIES[Preset.STRICT].rules}

    def rows() -> Iterator[tuple[str, ...]]:
        for rule in POLICIES[Preset.STANDARD].rules:
            if rule.treatment is Treatment.DROP:
                continue
            name = rule.into or rule.attribute
            meaning = ATTRIBUTES[name].help if name in ATTRIBUTES else "pseudonym of the session"
            other = strict[rule.attribute]
            in_strict = (
                "the same" if other is rule else f"{_DONE.get(other.treatment, other.treatment)}: {other.reason}"
            )
            yield f"`{rule.attribute}`", meaning, _on(rule), str(rule.purpose), _treated(rule), rule.reason, in_strict

    head = ("Attribute", "Meaning", "On", "For", "Treatment", "Why", "In `strict`")
    shapes = _table(("Form", "What has it"), [(f"`{shape.name}`", shape.help) for shape in SHAPES.values()])
    return (
        "## What is kept\n\nBy `standard` and `content`, and what `strict` does with it.\n\n"
        + _table(head, rows())
        + "\nA text is kept only in the form named in brackets, matched as a whole; else it is dropped, or replaced by `custom`:\n\n"
        + shapes
    )


def _texts() -> str:
    from tachograph_sdk.privacy.content import CONTENT, DROPPED, MAX_CHARS

    rows = [
        (
            f"`{text.attribute}`",
            CONTENTS[text.attribute].help,
            ", ".join(f"`{kind.value}`" for kind in EventKind if kind in text.kinds),
            text.reason,
        )
        for text in CONTENT
    ]
    return (
        "## Texts, with `content` only\n\n"
        f"Scrubbed before they are stored, at most {MAX_CHARS:,} characters of each, in a table of their own (`contents`: event\n"
        "id, attribute, text) that is empty under every other preset. A text that cannot be scrubbed becomes\n"
        f"`{DROPPED}`, and is counted. No scrubber finds everything: what it looks for is [listed](#what-the-scrubber-finds).\n\n"
        + _table(("Text", "What it is", "On", "Why"), rows)
    )


def _never() -> str:
    return (
        "## What is never kept\n\n"
        "By no preset: answers of a model, what a tool gave back, file contents that a tool read, screenshots and other\n"
        "attachments, system prompts, reasoning, names of machines and of system users, network addresses, e-mail addresses,\n"
        "account ids, environment variables. A tool's *input* is a text of `content`, and holds what an agent wrote into a file.\n"
        "What agents are known to send of all this is [listed](#known-and-refused) with the reason.\n"
    )


def _how_long() -> str:
    import dataclasses

    from tachograph.config import Settings
    from tachograph.store import config
    from tools.reference import trailing_comments

    settings, comments = Settings(), trailing_comments(config)
    rows = [
        (comments["RetentionConfig", field.name], f"`{field.name}`", str(getattr(settings.retention, field.name)))
        for field in dataclasses.fields(settings.retention)
    ]
    journal = settings.journal
    return (
        "## How long\n\n"
        "What came in and has not yet passed the wall is in the journal, a file on the same disk that only you can read. It is\n"
        f"deleted once it was read, at most {journal.segment_age_s:g} seconds after it came while the server runs. What is damaged is set aside beside\n"
        f"it, unread, for {journal.quarantine_age_s / 86400:g} days. What passed the wall, unless you erase it before, in days from its arrival:\n\n"
        + _table(("What", "Setting in `[retention]`", "Days"), rows)
        + "\nTexts of `content` go with their records. `tachograph privacy retention` shows what is due before it is deleted.\n"
    )


def _where() -> str:
    from tachograph.home import Home

    rows = []
    for name, member in vars(Home).items():
        if isinstance(member, property):
            rows.append((f"`{_path_of(name)}`", inspect.getdoc(member) or ""))
    return (
        "## Where it is, and who can read it\n\n"
        "In one folder (`--home`, `TACHOGRAPH_HOME`, else the user data directory), mode 0700, files 0600: its owner can read\n"
        "it, and who administers the machine. The page and the API answer on loopback only, unless you configure otherwise.\n\n"
        + _table(("File", "What it holds"), rows)
    )


def _path_of(name: str) -> str:
    from pathlib import Path

    from tachograph.home import Home

    path: Path = getattr(Home(Path("/home-folder")), name)
    return str(path.relative_to("/home-folder"))


def _rights() -> str:
    from tachograph.cli.lazy import load_command
    from tachograph.cli.privacy import PRIVACY_COMMANDS

    places = dict(PRIVACY_COMMANDS)
    rows = []
    for want, name in ANSWERS:
        told = inspect.cleandoc(load_command(places[name]).help or "").partition("\n")[0]
        rows.append((want, f"`tachograph privacy {name}`", told))
    return (
        "## See, correct, stop, erase\n\n"
        + _table(("You want to", "Command", "What it does"), rows)
        + "\nTo stop what is kept: end the server (`tachograph serve`), switch telemetry off in the agent, or object. What is\n"
        "counted by `strict` and `standard` needs no consent, because it stays on the machine of whoever runs Tachograph.\n\n"
        "To stop what is sent, and the recording of texts: withdraw the consent, or set `DO_NOT_TRACK=1`, which refuses every\n"
        "purpose whatever was consented to.\n\n"
        "Removing the home folder removes everything but the exports that you wrote elsewhere, what was sent, and the agents'\n"
        "own files, which Tachograph only reads.\n"
    )


def _leaves() -> str:
    from tachograph_sdk.model import consent
    from tools.reference import trailing_comments

    comments = trailing_comments(consent)
    rows = [
        (f"`{purpose.value}`", comments.get(("ConsentPurpose", purpose.name), "")) for purpose in consent.ConsentPurpose
    ]
    return (
        "## What leaves\n\n"
        "Nothing by default. Each purpose is asked for on its own, and none is allowed until somebody allowed it; a new version\n"
        "of what is kept or sent asks again. What leaves goes through the outbox, where every envelope can be read before it is\n"
        "sent, byte for byte, and leaves a receipt.\n\n"
        + _table(("Purpose", "What it allows"), rows)
        + "\nWhatever is allowed, the outbox sends no recorded texts and no clear names: `error_reporting` lets out kinds of\n"
        "errors, `project_names` nothing yet, and `content_recording` is about this machine only.\n"
    )


def _scrubber() -> str:
    from tachograph_sdk.privacy.detectors import DETECTORS

    rows = [(f"`{detector.id}`", detector.help) for detector in DETECTORS]
    return (
        "## What the scrubber finds\n\n"
        "Every text of `content` goes through it, and whatever `tachograph scrub` is given. Each finding is replaced by a\n"
        "placeholder that says what it was: `<email>`. Where two overlap, the first of this list names the whole.\n\n"
        + _table(("Detector", "Finds"), rows)
    )


def _purposes() -> str:
    from tachograph_sdk.privacy import rules
    from tools.reference import trailing_comments

    comments = trailing_comments(rules)
    return (
        "## What the words mean\n\n"
        + _table(
            ("Treatment", "What happens"),
            [(f"`{t.value}`", comments["Treatment", t.name]) for t in Treatment],
        )
        + "\n"
        + _table(("For", "What it is needed for"), [(f"`{p.value}`", comments["Purpose", p.name]) for p in Purpose])
    )


def _refused() -> str:
    content = {r.attribute: r for r in POLICIES[Preset.CONTENT].rules if r.treatment is Treatment.SCRUB}
    kept = {
        r.attribute for p in POLICIES.values() for r in p.rules if r.treatment not in (Treatment.DROP, Treatment.SCRUB)
    }
    rows = []
    for rule in RULES:
        if rule.treatment is not Treatment.DROP or rule.attribute in kept or Preset.STANDARD not in rule.presets:
            continue
        text = content.get(rule.attribute)
        also = f"; with `content` kept as `{text.into or text.attribute}`, scrubbed" if text is not None else ""
        rows.append((f"`{rule.attribute}`", rule.reason + also))
    return (
        "## Known, and refused\n\nBy the names that agents give it; `*` stands for one part of a name. What no row of this page names is\n"
        "dropped as well, and counted.\n\n" + _table(("Attribute", "Why it is dropped"), rows)
    )


def _versions() -> str:
    hashes = ", ".join(f"`{preset.value}` {digest(preset)}" for preset in Preset)
    return f"## Versions\n\nPolicy version {POLICY_VERSION}; hashes of what each preset keeps: {hashes}.\n"
