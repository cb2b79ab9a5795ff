"""What a shell command does to version control. The command is looked at here and nowhere else; only a verdict leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["commits", "opens_pull_request"]

_MAX_CHARS = 100_000  # beyond this a command is a file in disguise
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_PREFIXES = frozenset({"sudo", "env", "time", "command", "nohup", "exec", "then", "do", "else", "!", "{", "("})
# Options of `git` itself that take a value as the next word.
_GIT_OPTIONS = frozenset({"-c", "-C", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env"})
_NOT_A_COMMIT = frozenset({"--dry-run", "-h", "--help"})
_NOT_A_PULL_REQUEST = frozenset({"--dry-run", "-h", "--help", "--web", "-w"})
_HEREDOC = re.compile(r"<<-?[ \t]*(?:'([^'\n]+)'|\"([^\"\n]+)\"|\\?([A-Za-z_][A-Za-z0-9_]*))")


def commits(command: str) -> bool:
    """Whether `command`, if it succeeds, makes a git commit."""
    return "commit" in command and any(_is_commit(words) for words in _simple_commands(command))


def opens_pull_request(command: str) -> bool:
    """Whether `command`, if it succeeds, opens a pull (or merge) request."""
    return "create" in command and any(_is_pull_request(words) for words in _simple_commands(command))


def _is_commit(words: list[str]) -> bool:
    rest = _without_prefixes(words)
    if not rest or _program(rest[0]) != "git":
        return False
    i = 1
    while i < len(rest) and rest[i].startswith("-"):
        i += 2 if rest[i] in _GIT_OPTIONS else 1
    return i < len(rest) and rest[i] == "commit" and not _NOT_A_COMMIT & set(rest[i:])


def _is_pull_request(words: list[str]) -> bool:
    rest = _without_prefixes(words)
    if len(rest) < 3 or _NOT_A_PULL_REQUEST & set(rest):
        return False
    program = _program(rest[0])
    return (program == "gh" and rest[1] == "pr" and rest[2] == "create") or (
        program == "glab" and rest[1] == "mr" and rest[2] == "create"
    )


def _program(word: str) -> str:
    return word.rpartition("/")[2]


def _without_prefixes(words: list[str]) -> list[str]:
    i = 0
    while i < len(words) and (words[i] in _PREFIXES or _ASSIGNMENT.match(words[i])):
        i += 1
    return words[i:]


def _simple_commands(command: str) -> Iterator[list[str]]:
    """The words of each simple command: quotes are honoured, here-documents and comments skipped.

    Not a shell: what stands inside quotes, `$(…)` or backticks is one word of its command and is not looked into.
    """
    words: list[str] = []
    word: list[str] = []
    in_word = False
    pending_heredocs: list[str] = []
    i, end = 0, min(len(command), _MAX_CHARS)
    while i < end:
        c = command[i]
        if c == "\\":
            if command[i + 1 : i + 2] != "\n":
                word.append(command[i + 1 : i + 2])
                in_word = True
            i += 2
        elif c in "'\"`" or command.startswith("$(", i):
            stop = _end_of_quoted(command, i, end)
            word.append(command[i + 1 : stop - 1] if c in "'\"" else "$")
            in_word = True
            i = stop
        elif command.startswith("<<<", i):
            i += 3
        elif c == "<" and (heredoc := _HEREDOC.match(command, i)):
            pending_heredocs.append(next(g for g in heredoc.groups() if g))
            i = heredoc.end()
        elif c in " \t\n;&|()" or (c == "#" and not in_word):
            if in_word:
                words.append("".join(word))
                word, in_word = [], False
            if c == "#":
                newline = command.find("\n", i)
                i = end if newline < 0 else newline
                continue
            i += 1
            if c == "\n":
                for delimiter in pending_heredocs:
                    i = _after_heredoc(command, i, delimiter)
                pending_heredocs = []
            if c not in " \t" and words:
                yield words
                words = []
        else:
            word.append(c)
            in_word = True
            i += 1
    if in_word:
        words.append("".join(word))
    if words:
        yield words


def _end_of_quoted(command: str, start: int, end: int) -> int:
    """Index just after the quoted text, substitution or backticks that begin at `start`; `end` if it never closes."""
    open_until = [")" if command[start] == "$" else command[start]]  # what closes each of the nested openings
    i = start + (2 if command[start] == "$" else 1)
    pending_heredocs: list[str] = []
    while open_until and i < end:
        c, closer = command[i], open_until[-1]
        if closer == "'":
            close = command.find("'", i)
            i = end if close < 0 else close + 1
            open_until.pop()
        elif c == "\\":
            i += 2
        elif c == closer:
            open_until.pop()
            i += 1
        elif closer == "`":
            i += 1
        elif command.startswith("$(", i):
            open_until.append(")")
            i += 2
        elif c == "`" or (closer == ")" and c in "'\"("):
            open_until.append(")" if c == "(" else c)
            i += 1
        elif closer == ")" and command.startswith("<<<", i):
            i += 3
        elif closer == ")" and c == "<" and (heredoc := _HEREDOC.match(command, i)):
            pending_heredocs.append(next(g for g in heredoc.groups() if g))
            i = heredoc.end()
        else:
            i += 1
            if c == "\n" and closer == ")":
                for delimiter in pending_heredocs:
                    i = _after_heredoc(command, i, delimiter)
                pending_heredocs = []
    return min(i, end)


def _after_heredoc(command: str, start: int, delimiter: str) -> int:
    """Index of the line after the one that ends a here-document whose body begins at `start`."""
    i = start
    while i < len(command):
        newline = command.find("\n", i)
        stop = len(command) if newline < 0 else newline
        if command[i:stop].lstrip("\t").rstrip() == delimiter:
            return min(stop + 1, len(command))
        i = stop + 1
    return len(command)
