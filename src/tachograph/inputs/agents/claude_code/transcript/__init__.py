"""Claude Code's transcripts: lines of one file in, raw events out. Pure: no file is opened here.

The rules, each against a way in which transcripts lose or multiply usage (docs/formats/claude_code_transcripts.md):

* A response is one line per content block, all with the same `message.id` and usage: it becomes one `api.request` with
  the largest value per token class. Its time is that of its last line, because the agent's telemetry reports at the end.
* Event keys are made of the API's own ids and the usage, never of the session id: a forked or resumed session copies
  its history into a new file under another session id, and a copy must be the same event. A response that has grown
  since an earlier reading has another usage, hence another key; the ledger takes the larger.
* A subagent's replay of a message (same `message.id`, other `requestId`, `isSidechain`) yields to the original.
* `<synthetic>` rows and API error messages are never requests.
* Prompts are what a person sent: not tool results, not the agent's notes to itself, not command output. Turns that the
  agent caused itself are told apart (`prompt_origin`), because its telemetry counts them as prompts.

* A pull request is counted by the tool call that opened it. `pr-link` records are not: they also note pull requests that
  were there before.

Of texts only lengths are taken, of commands only whether they commit or open a pull request, of paths only a language.
The raw session id and the working directory are left for the wall to make pseudonyms of.
"""

from __future__ import annotations

from tachograph.inputs.agents.claude_code.transcript.context import NAMES
from tachograph.inputs.agents.claude_code.transcript.reader import TranscriptReader, TranscriptResult, read_transcript

__all__ = ["NAMES", "TranscriptReader", "TranscriptResult", "read_transcript"]
