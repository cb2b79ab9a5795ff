"""Which file a tool call worked on, by what the tool was given. The path goes to the wall and becomes a pseudonym there.

Only tools that work on one file, and whose names and arguments are known, are looked at: a folder that was searched is no
file, and what a tool of somebody's own means by "path" nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tachograph_sdk.privacy.file_path import file_path

__all__ = ["FILE_TOOLS", "file_given", "file_in"]

FILE_TOOLS = frozenset({
    # Claude Code
    "Edit", "MultiEdit", "NotebookEdit", "NotebookRead", "Read", "Write",
    # Gemini CLI, Qwen Code
    "edit", "notebook_edit", "read_file", "replace", "write_file",
    # opencode
    "multiedit", "read", "write",
    # Copilot CLI
    "create", "insert", "str_replace", "str_replace_editor", "view",
})  # fmt: skip
"""Tools that work on one file, by the names that agents give them."""

_MAX_CHARS = 1_000_000  # of arguments that are looked at as a text


class _Given(msgspec.Struct, gc=False):
    """The arguments that name a file, under the names they have."""

    file_path: Any = None
    camel: Any = msgspec.field(default=None, name="filePath")
    absolute_path: Any = None
    notebook_path: Any = None
    path: Any = None


_read = msgspec.json.Decoder(_Given).decode


def file_given(tool: object, arguments: object, folder: object = None) -> str | None:
    """The absolute path of the file that the tool was given; None if it is not such a tool or names none.

    Args:
        tool: its name.
        arguments: a JSON object, read or as text, which may be cut short and then says nothing.
        folder: the working directory, which a relative path is below.
    """
    if not isinstance(tool, str) or tool not in FILE_TOOLS:
        return None
    if isinstance(arguments, Mapping):
        return file_path(_first(map(arguments.get, _Given.__struct_encode_fields__)), folder)
    if isinstance(arguments, str) and len(arguments) <= _MAX_CHARS:
        return file_in(arguments, folder)
    return None


def file_in(arguments: str | bytes | msgspec.Raw, folder: object = None) -> str | None:
    """The same of a tool that is known to work on a file, by its arguments as JSON."""
    try:
        given = _read(arguments)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    name = given.file_path
    if not isinstance(name, str):
        name = _first((given.camel, given.absolute_path, given.notebook_path, given.path))
    return file_path(name, folder)


def _first(values: Any) -> str | None:
    return next((value for value in values if isinstance(value, str) and value), None)
