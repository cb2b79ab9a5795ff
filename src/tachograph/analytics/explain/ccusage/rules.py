"""ccusage's rules as they were found out, each with how: the one place to look when a new version says something else.

Found with version 20.0.24 (`ccusage claude daily --offline --json`) on transcripts made for the purpose, one rule at a
time; tests/golden/ccusage keeps them with what the program answered, and a test asks the program itself.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CCUSAGE_VERSION", "RULES", "Rule"]

CCUSAGE_VERSION = "20.0.24"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing it does, and what shows that."""

    id: str
    says: str
    evidence: str


RULES: tuple[Rule, ...] = (
    Rule(
        "roots",
        "`CLAUDE_CONFIG_DIR` (a list with commas; `projects` itself or the folder above) replaces ~/.config/claude and "
        "~/.claude; `XDG_CONFIG_HOME` moves the former",
        "one response of another size in each of the places: their sum tells which were read",
    ),
    Rule(
        "files",
        "every file below projects/ whose name ends in .jsonl, at any depth, hidden ones, tool-results, set-aside copies "
        "(.orphaned-…) and history.jsonl too; links are not followed; .jsonl.superseded-… and .JSONL are not read",
        "nine files with responses of 1, 10, 100, … tokens; a link to a file and one to a folder",
    ),
    Rule(
        "lines",
        'a line counts if it has `"usage":{` without a space in it, whatever its type; also `data.message` of progress '
        "records",
        "the same line with and without spaces, as a user record, inside a progress record",
    ),
    Rule(
        "nulls",
        "a line with null for id, cwd, model, speed, costUSD, version, sessionId, requestId, isApiErrorMessage or one of "
        "the cache totals, anywhere in it, does not count; only a model inside `iterations` may be null",
        "one line for each field; `id` inside a content block",
    ),
    Rule(
        "fields",
        "input_tokens and output_tokens must be there, whole and not negative; a version must begin like 1.2.3; ids, "
        "session and model must not be empty; times have seconds or milliseconds and a zone; speed is standard or fast",
        "one line for each fault; seven forms of a time",
    ),
    Rule(
        "same_request",
        "lines with the same message id and request id are one, across files and sessions: the one with more tokens "
        "stays, then the dearer, then the one with a speed, then the first in the order of the files' paths",
        "placeholder before and after; a fork with more and with fewer tokens; equal sums of other classes",
    ),
    Rule(
        "no_request_id",
        "without a request id the session and the time must be the same too; without a message id every line counts",
        "two lines of one message at one time, at two times, in two sessions",
    ),
    Rule(
        "replays",
        "a line with isSidechain whose message id the session has already is its replay, whatever its request id: the "
        "original stays",
        "replay before and after the original, at another time, in another session",
    ),
    Rule(
        "advisor",
        "a sub-call of type advisor_message in `iterations` is a request of its own, at its own model's price",
        "a response with one, repeated on two lines",
    ),
    Rule(
        "cache_writes",
        "with a split, tokens and price are those of the split even if the total says more; 1-hour writes cost twice the "
        "input price; without a split all are 5-minute writes",
        "total larger than the split, zero beside a split, a split of zeros",
    ),
    Rule(
        "price",
        "`costUSD` if the line has it, else tokens times the price table inside the program (offline) or the current "
        "litellm table (online); the date does not matter to Claude models; a model without a price costs nothing",
        "a line with costUSD 1.5 and with 0; a million tokens of one class for each model",
    ),
    Rule(
        "long_context",
        "where the table has a rate above 200,000 tokens, the tokens of a class beyond 200,000 cost that, class by class; "
        "the size of the whole request does not matter",
        "300,000 tokens of one class; 100,000 of each of three classes",
    ),
    Rule(
        "fast",
        "`speed: fast` multiplies by the model's factor (opus 4.6 and 4.7: 6, 4.8 and 5: 2, others 1) and shows the model "
        "as NAME-fast",
        "a million fast tokens of six models",
    ),
    Rule(
        "not_priced",
        "web searches, inference bound to a region and service tiers cost nothing extra",
        "a line with three searches, one with inference_geo us",
    ),
    Rule(
        "synthetic",
        "rows of the model <synthetic> add their tokens to the day and belong to no model",
        "such a line with five tokens",
    ),
    Rule(
        "day",
        "the day of the line that stayed, in the zone of -z, else of the system",
        "23:30 UTC asked for in Berlin; a fork whose larger copy has another day",
    ),
)
