"""The names of models: one model has many spellings, and one spelling must never become another model's.

A prefix is taken off only where what stands behind it is known to cost the same: a vendor's own ("anthropic/", "openai/"),
a cloud that sells the vendor's model at the vendor's list price ("vertex_ai/", "azure/", Amazon's "us.anthropic."), and
routers that pass closed models through at list price ("openrouter/", "github_copilot/"). Whoever hosts open models
("groq/", "fireworks_ai/", "ollama/") sets prices of its own, so such a name keeps its prefix and matches only a row that
is written for it.
"""

from __future__ import annotations

import re

__all__ = ["is_regional", "normalise", "spellings", "without_provider"]

_CLAUDE, _GPT, _GEMINI = "claude", "gpt", "gemini"

_FAMILIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (_CLAUDE, re.compile(r"claude")),
    (_GPT, re.compile(r"gpt|chatgpt|codex|computer-use|o\d")),
    (_GEMINI, re.compile(r"gemini")),
    ("grok", re.compile(r"grok")),
    ("qwen", re.compile(r"qwen|qwq")),
    ("deepseek", re.compile(r"deepseek")),
    ("kimi", re.compile(r"kimi|moonshot")),
    ("glm", re.compile(r"glm")),
    ("minimax", re.compile(r"minimax")),
    ("mistral", re.compile(r"mistral|ministral|codestral|devstral|magistral|pixtral")),
)
_CLOSED = frozenset({_CLAUDE, _GPT, _GEMINI})

_PREFIXES: dict[str, frozenset[str]] = {
    **dict.fromkeys(("anthropic", "bedrock", "bedrock_converse", "converse", "amazon-bedrock", "vertex_ai",
                     "google-vertex-anthropic", "azure_ai"), frozenset({_CLAUDE})),
    **dict.fromkeys(("openai", "azure", "azure-openai", "chatgpt", "codex", "responses"), frozenset({_GPT})),
    **dict.fromkeys(("gemini", "google", "models", "google-vertex", "publishers"), frozenset({_GEMINI})),
    **dict.fromkeys(("xai", "x-ai"), frozenset({"grok"})),
    **dict.fromkeys(("dashscope", "alibaba", "qwen"), frozenset({"qwen"})),
    "deepseek": frozenset({"deepseek"}),
    **dict.fromkeys(("moonshot", "moonshotai"), frozenset({"kimi"})),
    **dict.fromkeys(("zai", "z-ai", "zhipuai"), frozenset({"glm"})),
    "minimax": frozenset({"minimax"}),
    **dict.fromkeys(("mistral", "mistralai"), frozenset({"mistral"})),
    # These pass closed models through at list price; open ones they have served by others.
    **dict.fromkeys(("openrouter", "github_copilot", "github-copilot", "copilot", "litellm", "litellm_proxy",
                     "vercel_ai_gateway", "vercel"), _CLOSED),
    "us": frozenset({_GPT}),  # Azure's data zones: azure/us/gpt-5.5
    "eu": frozenset({_GPT}),
}  # fmt: skip
_PREFIXES["vertex_ai"] |= {_GEMINI}
_PREFIXES["models"] |= {_CLAUDE}

_BRACKETS = re.compile(r"\[[^\]]*\]$")  # "[1m]": a longer context of the same model
_ARN = re.compile(r"^arn:aws[\w-]*:bedrock:[^/]*/")
_BEDROCK = re.compile(
    r"^(?:(?:amazon-)?bedrock/|converse/|[a-z]{2}-[a-z]+-\d/)*(?:([a-z]{2,6}(?:-gov)?)\.)?anthropic\."
)
_BEDROCK_VERSION = re.compile(r"-v\d+(?::\d+(?::\d+k)?)?$")
_CLAUDE_SUFFIX = re.compile(r":(?:thinking|beta)$")  # OpenRouter's names for settings, not models
_DATES = {
    _CLAUDE: re.compile(r"(?:-v\d)?(?:[-@]\d{8}|[-@]latest|@default)$"),  # "claude-3-5-sonnet-v2@20241022" is Google's
    _GPT: re.compile(r"-\d{4}-\d{2}-\d{2}$"),
    "qwen": re.compile(r"-\d{4}-\d{2}-\d{2}$"),
}
_LONGEST = 200  # characters; no model's name is as long, and names come from outside


def normalise(model: str) -> str:
    """The plain name of a model: no provider, region, revision, context suffix or date.

    `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `anthropic/claude-sonnet-4.5`, `claude-sonnet-4-5@20250929` and
    `claude-sonnet-4-5-20250929[1m]` all give `claude-sonnet-4-5`. What is not understood stays as it is.
    """
    return spellings(model)[-1]


def spellings(model: str) -> tuple[str, ...]:
    """The names to look a model up by, the most exact first: as reported, without its provider, without its date.

    A snapshot that has a price of its own (`gpt-4o-2024-05-13`) is thus found before the model it is a snapshot of.
    """
    if len(model) > _LONGEST:
        return (model,)
    reported = _BRACKETS.sub("", model.strip().lower())
    found = [reported]
    bare = without_provider(reported)
    family = _family(bare)
    undated = _DATES[family].sub("", bare) if family in _DATES else bare
    for name in (bare, undated):
        if name not in found:
            found.append(name)
    return tuple(found)


def is_regional(model: str) -> bool:
    """True if this spelling binds the request to a region, which Amazon and Azure charge for on newer models.

    `us.anthropic.claude-opus-4-6-v1`, `azure/eu/gpt-5.5`; not `global.anthropic.…` and not `anthropic.…`.
    """
    name = model.strip().lower()
    if amazon := _BEDROCK.match(_ARN.sub("", name)):
        return amazon[1] not in {None, "global"}
    return name.startswith(("azure/us/", "azure/eu/"))


def without_provider(model: str) -> str:
    """The name as its vendor writes it, with its date: `openai/gpt-4o-2024-05-13` gives `gpt-4o-2024-05-13`."""
    bare = _behind_provider(_BRACKETS.sub("", model.strip().lower()))
    return _CLAUDE_SUFFIX.sub("", bare).replace(".", "-") if _family(bare) == _CLAUDE else bare


def _behind_provider(name: str) -> str:
    amazon, found = _BEDROCK.subn("", _ARN.sub("", name))
    if found:
        return _BEDROCK_VERSION.sub("", amazon)
    rest, allowed = name, _ALL
    while "/" in rest:
        prefix, _, behind = rest.partition("/")
        if prefix not in _PREFIXES:
            return name
        allowed, rest = allowed & _PREFIXES[prefix], behind
    return rest if rest == name or _family(rest) in allowed else name


def _family(name: str) -> str:
    return next((family for family, starts in _FAMILIES if starts.match(name)), "")


_ALL = frozenset(family for family, _ in _FAMILIES)
