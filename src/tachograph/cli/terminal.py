"""What a terminal can show: a console that also writes where there is no Unicode; sparklines, bars, changes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

from tachograph.cli.wording import harmless

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["bar", "change", "is_plain", "make_console", "name_in", "percent", "sparkline"]

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII_BLOCKS = ".:-=+*#@"
_BAR, _ASCII_BAR = "█", "#"
_PARTS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")  # eighths
_IN_ASCII = str.maketrans(
    {"–": "-", "−": "-", "•": "*", "…": "~", "·": ".", "▲": "^", "▼": "v", "●": "*", "○": "o", "×": "x", "±": "~"}
)


class _Ascii:
    """A text stream that takes anything and writes ASCII, sign for sign: columns stay columns."""

    encoding = "ascii"

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write what can be written of it."""
        plain = text.translate(_IN_ASCII)
        return self._file.write(plain.encode("ascii", "replace").decode("ascii"))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def make_console(file: IO[str] | None = None, *, width: int | None = None) -> Console:
    """A console for standard output, or for a file; where that cannot hold Unicode it gets ASCII."""
    from rich.console import Console

    file = sys.stdout if file is None else file
    encoding = (getattr(file, "encoding", None) or "utf-8").lower().replace("_", "-")
    return Console(file=file if encoding.startswith("utf") else _Ascii(file), width=width, highlight=False)  # type: ignore[arg-type]


def is_plain(console: Console) -> bool:
    """True where only ASCII can be shown."""
    return not console.encoding.startswith("utf")


def sparkline(values: Sequence[float | None], *, plain: bool = False) -> str:
    """One sign a value, higher for more, the full sign for the most; a dot for nothing, a blank for what is not known."""
    blocks = _ASCII_BLOCKS if plain else _BLOCKS
    top = max((v for v in values if v is not None), default=0)
    signs = []
    for value in values:
        if value is None:
            signs.append(" ")
        elif value <= 0 or top <= 0:
            signs.append("_" if plain else "·")
        else:
            signs.append(blocks[min(len(blocks) - 1, int(value / top * len(blocks) - 1e-9))])
    return "".join(signs)


def bar(share: float, width: int, *, plain: bool = False) -> str:
    """A bar of at most `width` signs for a share of 0 to 1; what is not nothing has at least the thinnest sign."""
    share = min(1.0, max(0.0, share))
    if plain:
        return _ASCII_BAR * (max(1, round(share * width)) if share > 0 else 0)
    eighths = max(1, round(share * width * 8)) if share > 0 else 0
    return _BAR * (eighths // 8) + _PARTS[eighths % 8]


def change(now: float | None, before: float | None) -> str:
    """How much more or less than before, in percent: "+12 %", "−3 %", "new" after nothing, "" where it is not known."""
    if now is None or before is None or (not now and not before):
        return ""
    if not before:
        return "new"
    ratio = (now - before) / abs(before)
    if round(abs(ratio) * 100) == 0:
        return "±0 %" if not ratio else "<1 %"
    sign = "+" if ratio > 0 else "−"
    return f"{sign}{abs(ratio) * 100:,.0f} %" if abs(ratio) < 10 else f"×{now / before:,.0f}"


def percent(share: float, places: int = 0) -> str:
    """A share of 1 in percent: "34 %"."""
    return f"{share * 100:.{places}f} %"


def name_in(text: str | None, width: int) -> str:
    """A name in at most `width` signs, its beginning kept; nothing in it that a terminal obeys."""
    name = "unknown" if text is None else harmless(text)
    return name if len(name) <= width else name[: max(1, width - 1)] + "…"
