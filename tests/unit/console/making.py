"""Printed records made by hand, and the recorded ones."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable
from pathlib import Path

from tachograph.inputs.files.console.dumps import Dump, DumpFinder
from tachograph.inputs.files.console.literals import Unreadable
from tachograph.inputs.files.console.records import DumpReader
from tachograph.ports import Drops
from tachograph_sdk.model.event import RawEvent

GOLDEN = Path(__file__).parents[2] / "golden"
BOTH = sorted((GOLDEN / "console" / "claude_code").iterdir())  # printed and sent
SESSION = "11111111-2222-4333-8444-555555555555"
RECEIVED_US = 1_795_148_600_000_000


def event(second: int = 0, *, name: str = "api_request", more: str = "") -> str:
    """An event as Node prints it."""
    return f"""{{
  resource: {{ attributes: {{ 'service.name': 'claude-code', 'service.version': '2.0.76' }} }},
  instrumentationScope: {{ name: 'com.anthropic.claude_code.events', version: '2.0.76' }},
  timestamp: {1795148550000000 + second * 1000000},
  traceId: undefined,
  spanId: undefined,
  body: 'claude_code.{name}',
  attributes: {{
    'session.id': '{SESSION}',
    'event.name': '{name}',
    model: 'claude-opus-5-5',
    input_tokens: '10',
    output_tokens: '2',
    cost_usd: '0.001',{more}
  }}
}}
"""


def metric(value: object, *, start: int = 0, end: int = 1, kind: str = "COUNTER", name: str = "token.usage") -> str:
    """A metric with one point as Node prints it; start and end in seconds."""
    return f"""{{
  descriptor: {{
    name: 'claude_code.{name}',
    type: '{kind}',
    description: 'Number of tokens used',
    unit: 'tokens',
    valueType: 1,
    advice: {{}}
  }},
  dataPointType: 3,
  dataPoints: [
    {{
      attributes: {{ 'session.id': '{SESSION}', type: 'input', model: 'claude-opus-5-5' }},
      startTime: [ {1795148550 + start}, 285000000 ],
      endTime: [ {1795148550 + end}, 471000000 ],
      value: {value}
    }}
  ]
}}
"""


def find(text: str | bytes) -> tuple[list[Dump], DumpFinder]:
    """The dumps in a text."""
    finder = DumpFinder()
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return list(finder.find(io.BytesIO(data))), finder


def read(*texts: str | bytes) -> tuple[list[RawEvent], Drops]:
    """The records in the files of one run, and what was left out."""
    records: list[RawEvent] = []
    drops: Drops = {}
    for text in texts:
        reader = DumpReader(RECEIVED_US)
        for dump in find(text)[0]:
            with contextlib.suppress(Unreadable):
                reader.read(dump)
        reader.finish()
        ready, left_out = reader.take()
        records += ready
        drops |= left_out
    return records, drops


def outputs(capture: Path) -> Iterable[bytes]:
    """What a recorded session printed, run by run."""
    return [path.read_bytes() for path in sorted((capture / "console").iterdir())]
