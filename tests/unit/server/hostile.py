"""Texts and numbers that mean harm: to store in every field, and to ask in every parameter."""

from __future__ import annotations

from itertools import product
from typing import Any

from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import EventKind
from tests.served import NOW_US

__all__ = ["HOSTILE", "INJECTIONS", "filled_store"]

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><svg onload=alert(1)>',
    "'\"><iframe src=javascript:alert(1)>",
    "javascript:alert(1)",
    "{{7*7}} ${7*7} <%= 7*7 %> #{7*7}",
    "=cmd|'/c calc'!A1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "'; drop table events; --",
    '"; drop table events; --',
    "\x00 a NUL",
    "\u202egnp.exe",
    "\u2066right to left\u2069",
    "\u2028line\u2029separators",
    "\x1b[2J\x1b]0;owned\x07",
    "\x7f\x80\x9b31m",
    "line\r\nSet-Cookie: a=b",
    "../../../../etc/passwd",
    "\ufeffbyte order",
    "\U0010ffff\ufffe",
    "é and é",
    "\\u0000 \\x00 %00 %0d%0a",
    "null",
    "NaN",
    " ",
    "x" * 1_000_000,
)

_QUOTES = ("'", '"', "`", "''", "$$", "\\'", "')", '")', "'))", "\x00'")
_PAYLOADS = (
    " or 1=1 --",
    " or '1'='1",
    "; drop table events; --",
    "; delete from requests where 1=1; --",
    " union select * from events --",
    " union all select content from read_text('/etc/passwd') --",
    "; attach '/tmp/x.db' as x; --",
    "; copy events to '/tmp/x.csv'; --",
    "; install httpfs; load httpfs; --",
    "; set enable_external_access=true; --",
    "; pragma database_list; --",
    " and (select count(*) from range(1e12)) > 0 --",
    "||(select getenv('HOME'))||",
    "; call checkpoint(); --",
    "/**/or/**/1=1/**/",
    " procedure analyse() #",
    "; shutdown; --",
    " or sleep(10)=0 limit 1 --",
)
_OTHERS = (
    "1; select 1", "*", "%", "_", "%%", "count(*)", "(select 1)", "requests)", "requests; --", "requests union select 1",
    "$1", "$f0_0", "${x}", "{local}", "{{hour}}", "{0}", ":name", "?", "?1", "@x", "\\", "\\\\", "--", "/*", "*/", "#",
    "\x00", "\u0000x", "\r\n", "\t", "\ufeff", "\u202e", "1e309", "-1", "99999999999999999999", "0x41", "1_000", "١",
    "inf", "nan", "true", "[]", "{}", '{"$gt": ""}', "[$ne]", "a" * 5000, "é" * 500, "%27%20or%201%3d1", "%00",
    "../../etc/passwd", "file:///etc/passwd", "http://127.0.0.1/", "<script>alert(1)</script>", "${jndi:ldap://x}",
    "; cat /etc/passwd", "| id", "`id`", "$(id)", "\ud7ff", "-requests,-requests", "s_own' or 'a'='a",
)  # fmt: skip
INJECTIONS = (*(quote + text for quote, text in product(_QUOTES, _PAYLOADS)), *_OTHERS)
"""240 texts."""


def filled_store() -> DuckDBStore:
    """A settled store in which every field of some record is hostile, and numbers are as large as they can be."""
    store = DuckDBStore(":memory:")
    events = []
    for number, text in enumerate(HOSTILE):
        at: dict[str, Any] = {"at_us": NOW_US - number * 1_000_000, "session_id": f"s_{number}"}
        texts: dict[str, Any] = dict.fromkeys(
            ("agent_version", "entrypoint", "user_id", "organization_id", "project", "repository"), text
        )
        asked: dict[str, Any] = dict.fromkeys(
            ("query_source", "effort", "speed", "service_tier", "subagent", "skill", "plugin"), text
        )
        events += [
            make_event(
                key=f"r{number}", request_id=f"r{number}", model=text, model_requested=text, mcp_server=text,
                input_tokens=1, cost_nanousd=1000, cost_basis="reported", **asked, **texts, **at,
            ),
            make_event(
                EventKind.TOOL_CALL, key=f"t{number}", tool_use_id=f"t{number}", tool_name=text, success=False,
                error_class=text, mcp_server=text, decision=text, decision_source=text, file=text, **texts, **at,
            ),
            make_event(EventKind.PROMPT, key=f"p{number}", prompt_id=f"p{number}", prompt_origin="human", **texts, **at),
            make_event(
                EventKind.CODE_CHANGE, key=f"c{number}", lines_added=1, language=text, tool_name=text, **texts, **at
            ),
        ]  # fmt: skip
    events += [
        make_event(
            key=f"big{n}", request_id=f"big{n}", model="big", session_id="s_0123456789abcdef", at_us=NOW_US - 5_000_000, input_tokens=10**13,
            duration_ms=1e308 if n else float("1e-308"), ttft_ms=1e308,
        )
        for n in range(3)
    ]  # fmt: skip
    store.write(Batch(events=events))
    store.settle()
    return store
