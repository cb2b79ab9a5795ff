"""Shapes let names through and nothing that a person would not want to see there."""

from __future__ import annotations

import pytest

from tachograph_sdk.privacy.shapes import OTHER, SHAPES, SafeNames, is_plain_name, looks_secret

LEAKS = [
    "dev@example.com",
    "/home/dev/project/greet.py",
    "C:\\Users\\dev\\secret.txt",
    "~/secret",
    "Make it polite and add a test",
    "https://user:password@host/path?token=1",
    "sk-ant-api03-Ab12Cd34Ef56",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
    "xoxb-123456789012-abcdef",
    "password=hunter2",
    "192.168.0.17:8080/admin",
    '{"command":"rm -rf /"}',
    "line\nbreak",
    "nul\x00byte",
    "a" * 500,
    "_".join(["a" * 30] * 5),
    "",
    "пароль",
    "ｆｕｌｌｗｉｄｔｈ name",
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("text", LEAKS)
def test_no_shape_lets_it_through(shape: str, text: str) -> None:
    assert not SHAPES[shape].matches(text)


@pytest.mark.parametrize("shape", sorted(set(SHAPES) - {"id", "hex16", "hex32"}))
@pytest.mark.parametrize(
    "text", ["d41d8cd98f00b204e9800998ecf8427e", "5f4dcc3b5aa765d61d8327deb882cf99x", "0123456789"]
)
def test_names_have_no_long_runs_of_digits(shape: str, text: str) -> None:
    if shape in ("model", "language"):
        return  # a model's date is eight digits; a language is at most sixteen letters
    assert not SHAPES[shape].matches(text)


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ("word", "medium"),
        ("word", "firstParty"),
        ("word", "claude-vscode"),
        ("word", "end_turn"),
        ("word", "x86_64"),
        ("source", "agent:builtin:general-purpose"),
        ("source", "repl_main_thread"),
        ("source", "agent.builtin.general-purpose"),
        ("name", "demo:greet"),
        ("name", "frontend-design"),
        ("name", "claude-code-guide"),
        ("name", "ECONNREFUSED"),
        ("name", "http_529"),
        ("tool", "mcp__github__create_issue"),
        ("tool", "mcp__plugin_demo_server__do_it"),
        ("tool", "NotebookEdit"),
        ("model", "claude-haiku-4-5-20251001"),
        ("model", "arn:x/claude"),
        ("model", "gemini-3.8-flash"),
        ("version", "2.1.328"),
        ("version", "0.61.0-nightly.20260101"),
        ("language", "C++"),
        ("language", "C#"),
        ("language", "Plain text"),
        ("language", "Objective-C"),
        ("language", "TypeScript React"),
        ("terminal", "xterm-256color"),
        ("terminal", "iTerm.app"),
        ("id", "toolu_01a0000000000000000000100"),
        ("id", "a81aae64639d82d8e"),
    ],
)
def test_names_as_agents_use_them_pass(shape: str, text: str) -> None:
    assert SHAPES[shape].matches(text)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("extra.attribute_1", True),
        ("cache_creation_1h_tokens", True),
        ("a", True),
        ("A", False),
        ("1a", False),
        ("with space", False),
        ("with-dash", False),
        ("", False),
        ("x" * 65, False),
        ("key_123456", False),
        ("key_4f8a9b1c2d", False),
        ("deadbeefdeadbeef", True),  # letters alone are a word
        ("password_is_hunter", False),
        ("sk_live_abcdefgh", False),
        ("é", False),
    ],
)
def test_which_unknown_names_may_be_shown(name: str, plain: bool) -> None:
    assert is_plain_name(name) is plain
    assert SafeNames()(name) == (name if plain else OTHER)


def test_a_flood_of_names_is_cut_off() -> None:
    names = SafeNames(limit=3)
    assert [names(n) for n in ("a", "b", "c", "d", "a")] == ["a", "b", "c", OTHER, "a"]


def test_matching_takes_linear_time() -> None:
    """Each shape on the text it can least decide about; a minute here would be a way to stop the server."""
    for shape in SHAPES.values():
        for text in ("a" * 120 + "!", "a-" * 60 + "!", "a.b" * 40 + "!", "0" * 128, "sk" * 64, "_" * 128):
            for _ in range(200):
                shape.matches(text)
    assert not looks_secret("a" * 100_000)
