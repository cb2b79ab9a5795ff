"""What came of a tool call that worked, as chats tell it: lines changed, commits, pull requests."""

from __future__ import annotations

from tachograph.inputs.agents.kit.calls import Emit, emit_version_control
from tachograph.inputs.agents.kit.gemini.forms import diff_lines, shell_failed
from tachograph.inputs.agents.kit.languages import language_of
from tachograph.inputs.agents.kit.shell import commits, opens_pull_request
from tachograph.inputs.agents.kit.values import Attributes, put, text_of
from tachograph_sdk.model.event import EventKind
from tachograph_sdk.privacy.file_path import file_path

__all__ = ["emit_outcome", "shown_file"]

_SHELL = "run_shell_command"


def emit_outcome(
    emit: Emit,
    name: str,
    at_ns: int,
    base: Attributes,
    *,
    call_id: str,
    tool: str | None,
    shown: object,
    command: str | None,
    output: object,
    file: str | None,
) -> None:
    """Tell of it.

    Args:
        emit: gets the events.
        name: of the record that said so.
        at_ns: when.
        base: what holds for all of the chat's events.
        call_id: the call's.
        tool: the tool's name, None if nothing said it.
        shown: what the terminal showed of the result.
        command: what the tool was given to run, if anything.
        output: what a command gave back.
        file: the file that was changed, None if nothing said it.
    """
    outcome: Attributes = {**base, "tool_use_id": call_id}
    if isinstance(shown, dict) and (lines := diff_lines(shown.get("diffStat"), shown.get("fileDiff"))) is not None:
        change = outcome.copy()
        language = language_of(text_of(shown.get("fileName")) or "")
        put(change, tool_name=tool, lines_added=lines[0], lines_removed=lines[1], language=language, file=file)
        emit(name, EventKind.CODE_CHANGE, at_ns, f"change:{call_id}", change)
    if tool == _SHELL and command is not None and not shell_failed(output):
        emit_version_control(
            emit,
            name,
            at_ns,
            lambda what: f"{what}:{call_id}",
            outcome,
            commits=commits(command),
            opens_pull_request=opens_pull_request(command),
        )


def shown_file(shown: object, folder: object = None) -> str | None:
    """The path of the file whose change the terminal showed; `folder` is the working directory."""
    return file_path(shown.get("filePath"), folder) if isinstance(shown, dict) else None
