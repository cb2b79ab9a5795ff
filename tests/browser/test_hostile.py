"""What agents send is text on the page, whatever it looks like: in every field that is kept, on every tab."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Dialog

from tests.browser.looking import NARROW, TABS, Look
from tests.flows.harness import Running, command, serve

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

HOSTILE = (
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=2</script>",
    "<img src=x onerror=window.pwned=3>",
    "<svg/onload=window.pwned=4>",
    "\"><iframe src='javascript:parent.pwned=5'></iframe>",
    "' onmouseover='window.pwned=6' x='",
    "javascript:window.pwned=7",
    "{{constructor.constructor('window.pwned=8')()}}",
    "${window.pwned=9}",
    "=cmd|'/c calc'!A1",
    "\u202egnp.exe\u202c",
    "\u2066right to left\u2069",
    "עברית وعربي",
    "\x1b[2J\x1b]0;owned\x07",
    "a\u2028b\u0000c\u200bd",
    "x" * 3000,
    "界" * 300,
)
"""Given to every attribute in turn. Most of them are no names, so that the wall keeps `custom` in their place."""

AS_NAMES = (
    "constructor",
    "__proto__",
    "toString",
    "null",
    "undefined",
    "NaN",
    "javascript:alert",
    "onerror",
    "w" * 64,
    "mcp__" + "a" * 40 + "__" + "b" * 40,
)
"""Have the form of a name, and are kept as they are."""


def logs(number: int, text: str) -> list[tuple[str, dict[str, Any]]]:
    """Records of one session in which every attribute that may be a text is this one."""
    common = {
        "session.id": f"{number:08d}-2222-4333-8444-555555555555", "user.email": text, "user.account_uuid": text,
        "organization.id": text, "app.version": text, "terminal.type": text, "app.entrypoint": text, "prompt.id": text,
    }  # fmt: skip
    asked = {
        "model": text, "query_source": text, "effort": text, "speed": text, "agent.name": text, "skill.name": text,
        "plugin.name": text, "mcp_server.name": text, "mcp_tool.name": text, "marketplace.name": text,
    }  # fmt: skip
    usage = {
        "input_tokens": 1000 + number, "output_tokens": 10, "cost_usd": 0.01, "duration_ms": 5,
        "cache_read_tokens": 0, "cache_creation_tokens": 0,
    }  # fmt: skip
    tool = {"tool_name": text, "tool_use_id": f"toolu_{number}", "decision_type": text, "decision_source": text}
    return [
        ("api_request", {**common, **asked, **usage, "request_id": f"req_{number:024d}"}),
        ("api_error", {**common, **asked, "error": text, "error_type": text, "status_code": 500, "attempt": 1}),
        ("user_prompt", {**common, "prompt_length": 5, "command_name": text, "command_source": text, "prompt": text}),
        ("tool_decision", {**common, **tool, "decision": text, "source": text}),
        ("tool_result", {
            **common, **tool, "success": "false", "duration_ms": 5, "error": text, "error_type": text,
            "tool_parameters": json.dumps({"skill_name": text, "mcp_server_name": text, "mcp_tool_name": text}),
        }),
        ("skill_activated", {**common, "skill.name": text, "skill.source": text}),
        ("plugin_installed", {**common, "plugin.name": text, "marketplace.name": text}),
        ("mcp_server_connection", {**common, "server_name": text, "status": text, "transport_type": text}),
    ]  # fmt: skip


def otlp(number: int, text: str) -> bytes:
    """One request in OTLP/JSON; the resource and the scope say it too."""
    now = time.time_ns() - (len(HOSTILE) + len(AS_NAMES) - number) * 60 * 10**9

    def pairs(values: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"key": name, "value": _value(value)} for name, value in values.items()]

    records = [
        {
            "timeUnixNano": str(now + place * 10**6),
            "body": {"stringValue": f"claude_code.{name}"},
            "attributes": pairs({**values, "event.name": name, "event.sequence": place}),
        }
        for place, (name, values) in enumerate(logs(number, text))
    ]
    resource = {"service.name": "claude-code", "service.version": text, "os.type": text, "host.arch": text}
    scope = {"name": "com.anthropic.claude_code.events", "version": text}
    sent = {"resource": {"attributes": pairs(resource)}, "scopeLogs": [{"scope": scope, "logRecords": records}]}
    return json.dumps({"resourceLogs": [sent]}).encode()


def _value(value: Any) -> dict[str, Any]:
    match value:
        case str():
            return {"stringValue": value}
        case int():
            return {"intValue": value}
        case _:
            return {"doubleValue": value}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A home with clear names, where people's names are hostile too."""
    home = tmp_path_factory.mktemp("attacked")
    command("privacy", "identity", "clear", home=home)
    with serve(home) as server:
        for number, text in enumerate((*HOSTILE, *AS_NAMES)):
            assert server.post_otlp("logs", otlp(number, text)) == 200, repr(text)
        server.wait_drained()
        yield server


MADE_OF_TEXT = """() => [...document.querySelectorAll('script:not([src]), iframe, img, object, embed, base, form[action]')]
    .filter(one => !(one.tagName === 'IMG' && one.src.startsWith('data:'))).map(one => one.outerHTML.slice(0, 200))"""
HANDLERS = """() => [...document.querySelectorAll('*')].flatMap(one => [...one.attributes]
    .filter(({name, value}) => name.startsWith('on') || /^\\s*javascript:/i.test(value) && ['href', 'src'].includes(name))
    .map(({name}) => `${one.tagName} ${name}`))"""

EVERY_OBJECT_HAS = "[{}, [], '', Object, () => {}].flatMap(one => { const all = []; for (const key in one) all.push(key); return all; })"


def check_inert(look: Look, where: str) -> None:
    assert look.page.evaluate("window.pwned") is None, where
    assert look.page.evaluate(MADE_OF_TEXT) == [], where
    assert look.page.evaluate(HANDLERS) == [], where
    assert look.page.evaluate(EVERY_OBJECT_HAS) == [], where
    assert look.overflow() <= 0, where
    assert look.complaints == [], where


def test_there_is_something_to_be_afraid_of(attacked: Running) -> None:
    """Else the tests below test nothing: the texts are answered as they were sent."""
    users = [row[0] for row in attacked.get("/api/v1/query?metrics=requests&by=user&range=all&limit=100")["rows"]]
    assert {text for text in HOSTILE if text.isprintable() and len(text) <= 512} <= set(users)
    models = [row[0] for row in attacked.get("/api/v1/query?metrics=requests&by=model&range=all&limit=100")["rows"]]
    assert {"constructor", "__proto__", "w" * 64} & set(models)


def test_hostile_texts_are_text_on_every_tab_and_in_every_table(attacked: Running, look: Look) -> None:
    dialogs: list[str] = []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    look.page.on("dialog", refuse)
    look.resize(NARROW, dark=True)
    look.open(attacked.about["http"], "#/overview?range=all")
    seen = ""
    for tab in TABS:
        look.page.evaluate(f"location.hash = '#/{tab}?range=all'")
        look.wait()
        assert set(look.states().values()) <= {"ready", "empty"}, (tab, look.states())
        check_inert(look, tab)
        look.page.evaluate("document.querySelectorAll('main [aria-label$=\"as a table\"]').forEach(one => one.click())")
        look.wait()
        check_inert(look, f"{tab}, tables")
        seen += look.page.evaluate("document.body.textContent")
    for text in HOSTILE[:9]:
        assert text in seen, f"{text!r} is shown as it is"
    for text in ("constructor", "__proto__", "w" * 64):
        assert text in seen, text
    assert dialogs == []


def test_hostile_texts_are_text_in_tool_tips_filters_and_files(attacked: Running, look: Look) -> None:
    look.open(attacked.about["http"], "#/costs?range=all")
    pages = look.page
    for box in pages.locator("main canvas").all()[:6]:
        box.scroll_into_view_if_needed()
        place = box.bounding_box()
        assert place is not None
        for share in (0.3, 0.6, 0.9):
            pages.mouse.move(place["x"] + place["width"] * share, place["y"] + place["height"] * 0.5)
            pages.wait_for_timeout(60)
            check_inert(look, "a tool tip")
    pages.keyboard.press("Escape")
    pages.evaluate("scrollTo(0, 0)")
    pages.get_by_role("button", name="User", exact=True).click()
    values = pages.locator("[popover]:popover-open")
    values.locator("li input").first.wait_for()
    assert "<img src=x onerror=window.pwned=3>" in values.inner_text()
    check_inert(look, "filter values")
    values.get_by_text("<img src=x onerror=window.pwned=3>").click()
    pages.keyboard.press("Escape")
    look.wait()
    assert "<img src=x onerror=window.pwned=3>" in pages.get_by_label("Filters that are set").inner_text()
    check_inert(look, "a filter that is set")


def test_hostile_texts_are_text_on_the_page_of_a_session(attacked: Running, look: Look) -> None:
    sessions = attacked.get("/api/v1/sessions?range=all&limit=100")["sessions"]
    assert len(sessions) == len(HOSTILE) + len(AS_NAMES)
    by_user = {one["user"]: one["id"] for one in sessions}
    look.resize(NARROW, dark=False)
    look.open(attacked.about["http"], "#/sessions?range=all")
    check_inert(look, "sessions")
    for user in (HOSTILE[2], HOSTILE[4], "w" * 64, "__proto__"):
        look.page.evaluate(f"location.hash = '#/sessions/{by_user[user]}?range=all'")
        look.wait()
        look.page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
        assert user in look.page.inner_text("main"), user
        check_inert(look, f"the session of {user!r}")


@pytest.mark.parametrize("text", [HOSTILE[0], HOSTILE[2], HOSTILE[6], "__proto__", "%00%E2%80%AE", "x" * 3000])
def test_a_hostile_address_is_text_too(attacked: Running, look: Look, text: str) -> None:
    look.resize(NARROW, dark=False)
    look.open(attacked.about["http"], "#/costs?range=all")
    for place in (
        "#/{}",
        "#/sessions/{}",
        "#/costs?model={}",
        "#/costs?{}=1",
        "#/costs?panel={}&q={}",
        "#/costs?tz={}",
    ):
        look.page.evaluate("hash => { location.hash = hash }", place.replace("{}", text))
        look.page.wait_for_timeout(150)
        look.wait()
        refused = [
            one for one in look.complaints if not one.startswith(("404:", "422:", "400:", "error: Failed to load"))
        ]
        assert refused == [], place
        assert look.page.evaluate("window.pwned") is None, place
        assert look.page.evaluate(MADE_OF_TEXT) == [], place
        assert look.page.evaluate(HANDLERS) == [], place
        assert look.overflow() <= 0, place
