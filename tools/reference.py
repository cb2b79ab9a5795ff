"""Write the pages that say what the code says, or check that they still do (`./dev docs`, `./dev test`).

Each page is a function that returns Markdown, made from the same tables the program runs on.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from click import Command, Context, Group, Option

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = "docs/reference"
HEADER = "<!-- Written by `./dev docs` from {origin}. Change that, not this page. -->\n\n"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table. Bars inside cells are escaped."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def prices() -> str:
    """The price table."""
    from tachograph.pricing import PriceTable

    def usd(femto_per_token: int) -> str:
        return f"{femto_per_token / 10**9:.6f}".rstrip("0").rstrip(".")

    def rows() -> Iterator[tuple[str, ...]]:
        for row in known.rows:
            for more_than, rates in row.tiers:
                dates = ", ".join(
                    part
                    for part in (
                        f"from {row.valid_from}" if row.valid_from.year > 1 else "",
                        f"until {row.valid_to}" if row.valid_to.year < 9999 else "",
                        f"over {more_than:,} tokens" + (", marginal" if row.marginal else "") if more_than else "",
                    )
                    if part
                )
                amounts = (getattr(rates, field.name) for field in dataclasses.fields(rates))
                factors = "; ".join(
                    f"{name} as {factor}" if isinstance(factor, str) else f"{name} {factor}"
                    for name, factor in row.multiply.items()
                )
                yield (f"`{row.model}`", dates, *map(usd, amounts), factors, row.source)

    known = PriceTable.load()
    head = ("Model", "When", "Input", "Output", "Cache read", "Write 5 min", "Write 1 h", "Factors", "Source")
    return (
        "# Prices\n\n"
        f"Table {known.version}, US dollars per million tokens. Used where the agent reports no cost of its own; such a\n"
        "cost has the basis `priced`. A model that is not here is stored unpriced: its cost is unknown, not zero.\n"
        "Over a threshold the whole request costs the higher price, unless the row says *marginal*. The sources are named\n"
        "in [prices.toml](../../src/tachograph/pricing/prices.toml); how to check, update and apply prices:\n"
        "[the guide](../guides/prices.md).\n\n" + table(head, list(rows()))
    )


def events() -> str:
    """Event kinds, sources, drop reasons, attributes."""
    from tachograph_sdk.model import event
    from tachograph_sdk.model.attributes import ATTRIBUTES

    comments = trailing_comments(event)
    sections = ["# Events\n\nWhat is stored, whichever agent said it and whichever way it came in.\n"]
    for title, members in (
        ("Kinds", event.EventKind),
        ("Sources", event.Source),
        ("Why a record or an attribute is dropped", event.DropReason),
    ):
        rows = [(f"`{member.value}`", comments.get((members.__name__, member.name), "")) for member in members]
        sections.append(f"## {title}\n\n{table(('Name', 'Meaning'), rows)}")
    attributes = [(f"`{a.name}`", str(a.type), "yes" if a.column else "", a.help) for a in ATTRIBUTES.values()]
    sections.append(
        "## Attributes\n\nThose without a column of their own are in the JSON text `attributes`.\n\n"
        + table(("Name", "Type", "Column", "Meaning"), attributes)
    )
    return "\n".join(sections)


def errors() -> str:
    """The tree of errors with the codes that the API answers."""
    from tachograph_sdk import errors as module

    tree = textwrap.dedent((module.__doc__ or "").partition("\n\n")[2]).strip()
    rows = [(f"`{getattr(module, name).code}`", name, first_line(getattr(module, name))) for name in module.__all__]
    return (
        "# Errors\n\nEvery error has a code for machines, a message for people and, where there is one, a hint.\n\n"
        f"```\n{tree}\n```\n\n" + table(("Code", "Name", "Meaning"), rows)
    )


def commands() -> str:
    """The command line."""
    from tachograph.cli.app import COMMANDS
    from tachograph.cli.lazy import load_command

    sections = [
        (
            "# Commands\n\nEvery command takes `--home DIR` (or `TACHOGRAPH_HOME`), and `--json` where it prints data. Exit "
            "status: 0 success,\n2 a mistake in the call, 1 failure. Messages go to standard error.\n"
        )
    ]
    for name, place in COMMANDS:
        command = load_command(place)
        sections.append(f"## tachograph {name}\n\n{inspect.cleandoc(command.help or '')}\n")
        if options := list(options_of(command)):
            sections.append(table(("Option", "Meaning"), options))
        for part, its in parts_of(command):
            sections.append(f"### tachograph {name} {part}\n\n{inspect.cleandoc(its.help or '')}\n")
            if options := list(options_of(its)):
                sections.append(table(("Option", "Meaning"), options))
    return "\n".join(sections)


def parts_of(command: Command) -> Iterator[tuple[str, Command]]:
    """The commands of a group and of groups in it, with their names."""
    if isinstance(command, Group):
        context = Context(command)
        for name in command.list_commands(context):
            if part := command.get_command(context, name):
                yield name, part
                yield from ((f"{name} {below}", its) for below, its in parts_of(part))


def options_of(command: Command) -> Iterator[tuple[str, str]]:
    """The arguments and options of a command, but those that every command has."""
    for parameter in command.params:
        if parameter.name in ("home", "as_json"):
            continue
        if isinstance(parameter, Option):
            yield f"`{', '.join([*parameter.opts, *parameter.secondary_opts])}`", parameter.help or ""
        else:
            yield f"`{parameter.human_readable_name}`", "any number" if parameter.nargs < 0 else "optional"


def settings() -> str:
    """Everything a user can set."""
    from tachograph.config import Settings

    sections = [
        (
            "# Settings\n\nDefaults < `tachograph.toml` in the home folder < `TACHOGRAPH_SECTION__KEY` < command line.\n"
            "`tachograph config show` prints each value and where it came from.\n"
        )
    ]
    default = Settings()
    for section in dataclasses.fields(Settings):
        part = getattr(default, section.name)
        comments = trailing_comments(sys.modules[type(part).__module__])
        rows = [
            (
                f"`{option.name}`",
                f"`{shown(getattr(part, option.name))}`",
                comments.get((type(part).__name__, option.name), ""),
            )
            for option in dataclasses.fields(part)
        ]
        sections.append(
            f"## [{section.name}]\n\n{first_line(type(part))}\n\n{table(('Key', 'Default', 'Meaning'), rows)}"
        )
    return "\n".join(sections)


def api() -> str:
    """The HTTP API, from its own description."""
    from fastapi import FastAPI

    from tachograph.server.routes import ROUTERS

    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router)
    sections = [
        (
            "# API\n\nOn the port of `tachograph serve` (3000), loopback unless configured. `/api/openapi.json` describes the same for\n"
            "programs. Every error is an object with code, message and hint: see [errors](errors.md).\n\n"
            "A POST needs a body of JSON, where it has fields, and the control token: `Authorization: Bearer` and the `token` in\n"
            "`server.json` of the home folder. Requests whose `Host` or `Origin` is another one's are refused.\n"
        )
    ]
    described = app.openapi()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            sections.append(f"## {method.upper()} {path}\n\n{operation.get('description', '')}\n")
            rows = [
                (f"`{p['name']}`", "yes" if p.get("required") else "", p.get("description", ""))
                for p in operation.get("parameters", ())
            ]
            if rows:
                sections.append(table(("Parameter", "Needed", "Meaning"), rows))
            if fields := _body_fields(operation, described):
                sections.append(table(("Field", "Needed", "Meaning"), fields))
    return "\n".join(sections)


def _body_fields(operation: dict[str, Any], described: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What the body of a request may hold, from the API's own description."""
    if "requestBody" not in operation:
        return []
    place = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    schema = described["components"]["schemas"][place]
    needed = schema.get("required", ())
    return [
        (f"`{name}`", "yes" if name in needed else "", one.get("description", ""))
        for name, one in schema["properties"].items()
    ]


def metrics() -> str:
    """What can be asked, by what it can be split, and why it can be null."""
    from tachograph.analytics.dimensions import DIMENSIONS
    from tachograph.analytics.metrics import METRICS, dimensions_of

    measured = [
        (f"`{m.name}`", m.unit, "not known" if m.empty is None else str(m.empty), m.better, m.help)
        for m in METRICS.values()
    ]
    split = [(f"`{d.name}`", d.help, ", ".join(sorted(d.sql))) for d in DIMENSIONS.values()]
    pages = [
        "# Metrics\n\nFor `tachograph report --by …`, `tachograph query --metrics … --by …` and `/api/v1/query`. Money is summed in\n"
        "whole nano-dollars and rounded once; what is divided by something is not rounded. What is not known is null, not 0.\n"
        "What was decided about those that can be disputed: [Metrics](../decisions/metrics.md).\n\n"
        + table(("Metric", "Unit", "If nothing matches", "Better", "Meaning"), measured)
        + "\n## Dimensions\n\nA metric can be split by a dimension that its fact has.\n\n"
        + table(("Dimension", "Meaning", "Facts"), split)
        + "\n## Formulas\n\nEach metric in words, where it is null, and by what it can be split and filtered. Time: "
        + ", ".join(f"`{name}`" for name, d in DIMENSIONS.items() if d.grain)
        + ".\nWho and where: "
        + ", ".join(f"`{name}`" for name in _WHO)
        + ".\n"
    ]
    pages += [
        f"\n### `{m.name}`\n\n* Formula: {m.formula}.\n"
        + (f"* Null where: {m.reason}.\n" if m.reason else "* Never null.\n")
        + f"* Goes with: {_goes_with(dimensions_of(m))}.\n"
        for m in METRICS.values()
    ]
    return "".join(pages)


_WHO = ("agent", "session", "user", "organization", "project", "repository", "agent_version", "entrypoint")


def _goes_with(names: tuple[str, ...]) -> str:
    """Dimensions in words where all of a kind are among them, else by name."""
    from tachograph.analytics.dimensions import DIMENSIONS

    groups = {"time": {name for name, d in DIMENSIONS.items() if d.grain}, "who and where": set(_WHO)}
    said, rest = [], list(names)
    for spoken, group in groups.items():
        if group <= set(rest):
            said.append(spoken)
            rest = [name for name in rest if name not in group]
    return ", ".join([*said, *(f"`{name}`" for name in rest)])


def privacy() -> str:
    """What is collected: the policy itself."""
    from tools.privacy_page import privacy_page

    return privacy_page()


PAGES: tuple[tuple[str, str, Callable[[], str]], ...] = (
    (f"{REFERENCE}/prices.md", "src/tachograph/pricing/prices.toml", prices),
    (f"{REFERENCE}/events.md", "sdk/src/tachograph_sdk/model/", events),
    (f"{REFERENCE}/errors.md", "sdk/src/tachograph_sdk/errors.py", errors),
    (f"{REFERENCE}/commands.md", "src/tachograph/cli/", commands),
    (f"{REFERENCE}/api.md", "src/tachograph/server/routes/", api),
    (f"{REFERENCE}/settings.md", "src/tachograph/config.py and the parts' own config", settings),
    (f"{REFERENCE}/metrics.md", "src/tachograph/analytics/", metrics),
    ("PRIVACY.md", "sdk/src/tachograph_sdk/privacy/", privacy),
)


def shown(value: object) -> str:
    """A default as one writes it in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(shown, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else "" if value is None else str(value)


def first_line(thing: object) -> str:
    """The first line of a docstring."""
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def trailing_comments(module: Any) -> dict[tuple[str, str], str]:
    """(class, field) to the comment after the field, continued on lines that hold only a comment."""
    lines = inspect.getsource(module).splitlines()
    found = {}
    for class_ in ast.parse("\n".join(lines)).body:
        if not isinstance(class_, ast.ClassDef):
            continue
        for node in class_.body:
            target = node.target if isinstance(node, ast.AnnAssign) else None
            if isinstance(node, ast.Assign):
                target = node.targets[0]  # type: ignore[assignment]
            if not isinstance(target, ast.Name):
                continue
            line = node.end_lineno or node.lineno
            comment = lines[line - 1][node.end_col_offset :].partition("#")[2].strip()
            while comment and line < len(lines) and lines[line].lstrip().startswith("#"):
                comment += " " + lines[line].strip(" #")
                line += 1
            found[class_.name, target.id] = comment
    return found


def main(arguments: list[str]) -> int:
    """Write all pages; with --check, say which would change and return 1."""
    check = "--check" in arguments
    stale = 0
    for name, origin, build in PAGES:
        path = ROOT / name
        wanted = HEADER.format(origin=origin) + build().rstrip() + "\n"
        present = path.read_text("utf-8") if path.exists() else ""
        if present == wanted:
            continue
        stale += 1
        if check:
            print(f"{name} no longer says what {origin} says; run ./dev docs")
            sys.stdout.writelines(
                list(difflib.unified_diff(present.splitlines(True), wanted.splitlines(True), n=0))[:20]
            )
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted, "utf-8")
            print(f"wrote {name}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
