"""`tachograph scrub`: replaces private things in texts, from standard input to standard output."""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tachograph_sdk.privacy.scrubber import Scrubber

__all__ = ["scrub"]

_BLOCK = 1 << 16
_MAX_LINE = 64 << 20  # bytes; a longer line is no record of anything
_MAX_HELD = 1 << 16  # bytes of a key block that are waited for, in plain text
_BEGIN, _END = b"-----BEGIN ", b"-----END "


@click.command("scrub")
@click.option("--text", "plain", is_flag=True, help="Plain text instead of JSON lines.")
@click.option("--report", is_flag=True, help='Add what was found to each line: "found", without any value.')
@click.option("--consistent", is_flag=True, help="Number placeholders: <email:1> is the same address in all lines.")
@click.pass_context
def scrub(context: click.Context, plain: bool, report: bool, consistent: bool) -> None:
    """Replace e-mails, keys, paths of people and other private things in JSON lines, or in plain text with --text.

    Reads standard input, writes standard output, line by line. Every string of a line is scrubbed, keys included; all
    else stays as it is, in its order. A line that is no JSON object is replaced by {"error": …} and the rest goes on:
    the exit status is then 1. With --report, "found" lists for each finding its field, kind, rule, and where it was in
    the field as it came in (in characters); with --text the list goes to standard error at the end, as counts.

    Example: tachograph scrub --report < texts.jsonl
    """
    from tachograph_sdk.privacy.scrubber import Scrubber

    scrubber = Scrubber(consistent=consistent)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    if source.isatty():
        form = "text" if plain else 'JSON lines, such as {"text": "…"}'
        click.echo(f"Reading {form} from the terminal, up to Ctrl-D on a line of its own.", err=True)
    if plain:
        for block in _text_blocks(source):
            text = block.decode("utf-8", "surrogateescape")
            sink.write(scrubber.scrub(text).encode("utf-8", "surrogateescape"))
            sink.flush()
        if report:
            for finding in scrubber.report():
                click.echo(f"{finding.times:>8}  {finding.kind}  {finding.rule}", err=True)
        return
    bad = 0
    number = 0
    for lines in _line_blocks(source):
        out = []
        for line in lines:
            number += 1
            result, is_bad = _scrub_line(line, number, scrubber, report=report)
            bad += is_bad
            out.append(result + b"\n")
        sink.write(b"".join(out))
        sink.flush()
    if bad:
        click.echo(f'{bad} of {number} lines were not scrubbed; {{"error": …}} stands in their place', err=True)
        context.exit(1)


def _scrub_line(line: bytes, number: int, scrubber: Scrubber, *, report: bool) -> tuple[bytes, bool]:
    """The line to write, and whether this one could not be read. No error says what stood in it."""
    if not line.strip():
        return b"", False
    try:
        record = jsonlib.loads(line)
    except UnicodeDecodeError:
        return _error(f"line {number} is not UTF-8"), True
    except jsonlib.JSONDecodeError as error:
        return _error(f"line {number} is not JSON: {error.msg} (column {error.colno})"), True
    except (ValueError, RecursionError):
        return _error(f"line {number} cannot be read: nested too deep, or a number too long"), True
    if not isinstance(record, dict):
        return _error(f'line {number} is no JSON object; write {{"text": …}}'), True
    found: list[dict[str, Any]] = []
    tell = _teller(found) if report else None
    scrubbed = scrubber.scrub_value(record, tell)
    if report:
        scrubbed["found"] = found
    return _dumped(scrubbed), False


def _teller(found: list[dict[str, Any]]) -> Callable[[str, Any], None]:
    def tell(place: str, span: Any) -> None:
        found.append({"kind": span.kind, "rule": span.rule, "start": span.start, "end": span.end, "field": place})

    return tell


def _dumped(value: dict[str, Any]) -> bytes:
    try:
        return jsonlib.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a pair: only an escape can write it
        return jsonlib.dumps(value).encode()


def _error(message: str) -> bytes:
    return jsonlib.dumps({"error": message}, ensure_ascii=False).encode()


def _read(source: IO[bytes]) -> Iterator[bytes]:
    """What is there, as soon as it is there."""
    read = getattr(source, "read1", source.read)
    while block := read(_BLOCK):
        yield block


def _line_blocks(source: IO[bytes]) -> Iterator[list[bytes]]:
    """Whole lines, without their ends, as many as have come in; of a line too long, so much that it is no JSON."""
    rest: list[bytes] = []
    size = 0
    for block in _read(source):
        first, newline, after = block.partition(b"\n")
        if size <= _MAX_LINE:
            rest.append(first)
        size += len(first)
        if not newline:
            continue
        lines = [b"".join(rest), *after.split(b"\n")]
        rest = [lines.pop()]
        size = len(rest[0])
        yield lines
    if any(rest):
        yield [b"".join(rest)]


def _text_blocks(source: IO[bytes]) -> Iterator[bytes]:
    """Whole lines; those of a key block (BEGIN to END) together, so that it is recognised as one."""
    held = b""
    for block in _read(source):
        held += block
        cut = held.rfind(b"\n") + 1
        begin = held.rfind(_BEGIN, 0, cut)
        if begin >= 0 and held.find(_END, begin, cut) < 0 and cut - begin < _MAX_HELD:
            cut = held.rfind(b"\n", 0, begin) + 1
        if not cut and len(held) > _MAX_LINE:
            cut = len(held)
        if cut:
            yield held[:cut]
            held = held[cut:]
    if held:
        yield held
