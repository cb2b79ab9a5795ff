"""Switches in the environment that say no, whatever the ledger says. None of them ever says yes.

Names are taken in any letter case, values too. Only names are ever shown: a value can hold anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tachograph_sdk.model.consent import ConsentPurpose

__all__ = ["SWITCHES", "Switch", "blocks", "switches_in_force", "wants_content"]

_NO_WORDS = frozenset({"", "0", "false", "no", "off", "n", "f", "never", "none", "disable", "disabled"})
_YES_WORDS = frozenset({"1", "true", "yes", "on", "y", "t", "always", "enable", "enabled"})

EVERYTHING = frozenset(ConsentPurpose)
IN_CI = "TACHOGRAPH_TELEMETRY_IN_CI"


def _is_set(value: str) -> bool:
    """Set, and not to a plain no: who writes DO_NOT_TRACK=please means it."""
    return value.strip().lower() not in _NO_WORDS


def _is_no(value: str) -> bool:
    """Set to a plain no. Empty is as good as not set."""
    return bool(value.strip()) and value.strip().lower() in _NO_WORDS


def _is_not_yes(value: str) -> bool:
    """Set to anything but a plain yes: what nobody understands is taken as a no."""
    return bool(value.strip()) and value.strip().lower() not in _YES_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A variable that says no when it is set so."""

    name: str
    says_no: Callable[[str], bool]
    why: str  # whose switch it is
    to_lift: str
    purposes: frozenset[ConsentPurpose] = EVERYTHING
    is_ci: bool = False


def _unset(name: str) -> str:
    return f"unset {name}"


def _switch(name: str, why: str, *, purposes: frozenset[ConsentPurpose] = EVERYTHING) -> Switch:
    return Switch(name=name, says_no=_is_set, why=why, to_lift=_unset(name), purposes=purposes)


def _refusal(name: str, why: str, *, purposes: frozenset[ConsentPurpose] = EVERYTHING) -> Switch:
    return Switch(name=name, says_no=_is_no, why=why, to_lift=_unset(name), purposes=purposes)


def _ci(name: str) -> Switch:
    why = "this runs in continuous integration, where nobody is asked"
    return Switch(name=name, says_no=_is_set, why=why, to_lift=f"set {IN_CI}=1 if you mean it", is_ci=True)


_CONTENT = frozenset({ConsentPurpose.CONTENT_RECORDING})
_ERRORS = frozenset({ConsentPurpose.ERROR_REPORTING})

SWITCHES: tuple[Switch, ...] = (
    _switch("DO_NOT_TRACK", "the console do-not-track proposal"),
    Switch(
        name="TACHOGRAPH_TELEMETRY",
        says_no=_is_not_yes,
        why="this program's own switch",
        to_lift="unset TACHOGRAPH_TELEMETRY, or set it to on",
    ),
    _switch("OTEL_SDK_DISABLED", "OpenTelemetry's switch for every SDK"),
    # Of the systems that this one replaces, and of the agent they belong to.
    _switch("CODEWEAVER__TELEMETRY__DISABLE_TELEMETRY", "CodeWeaver's switch"),
    _refusal("CODEWEAVER__TELEMETRY__TOOLS_OVER_PRIVACY", "CodeWeaver's switch for texts", purposes=_CONTENT),
    _refusal("CODEWEAVER__TELEMETRY__TOOLS_ABOVE_PRIVACY", "CodeWeaver's switch for texts", purposes=_CONTENT),
    _refusal("TOOLS_OVER_PRIVACY", "CodeWeaver's switch for texts", purposes=_CONTENT),
    _refusal("TOOLS_ABOVE_PRIVACY", "CodeWeaver's switch for texts", purposes=_CONTENT),
    _switch("DISABLE_TELEMETRY", "Claude Code's and CodeWeaver's switch"),
    _switch("DISABLE_ERROR_REPORTING", "Claude Code's switch for error reports", purposes=_ERRORS),
    _switch("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "Claude Code's switch for all that is not needed to work"),
    _refusal("CLAUDE_CODE_ENABLE_TELEMETRY", "Claude Code's switch for telemetry, set to no"),
    # One that every service sets, and those that do not set it.
    _ci("CI"),
    _ci("CONTINUOUS_INTEGRATION"),
    _ci("GITHUB_ACTIONS"),
    _ci("GITEA_ACTIONS"),
    _ci("FORGEJO_ACTIONS"),
    _ci("GITLAB_CI"),
    _ci("BUILDKITE"),
    _ci("CIRCLECI"),
    _ci("CIRRUS_CI"),
    _ci("TRAVIS"),
    _ci("APPVEYOR"),
    _ci("DRONE"),
    _ci("SEMAPHORE"),
    _ci("SCREWDRIVER"),
    _ci("BUDDY"),
    _ci("NETLIFY"),
    _ci("JENKINS_URL"),
    _ci("HUDSON_URL"),
    _ci("TF_BUILD"),
    _ci("TEAMCITY_VERSION"),
    _ci("BITBUCKET_BUILD_NUMBER"),
    _ci("BITRISE_IO"),
    _ci("CODEBUILD_BUILD_ID"),
    _ci("BAMBOO_BUILDKEY"),
    _ci("GO_PIPELINE_NAME"),
    _ci("HEROKU_TEST_RUN_ID"),
    _ci("CM_BUILD_ID"),
    _ci("EAS_BUILD"),
    _ci("PROW_JOB_ID"),
)

_BY_NAME = MappingProxyType({switch.name: switch for switch in SWITCHES})
_WIDENS = frozenset(name for name in _BY_NAME if "_PRIVACY" in name)


def switches_in_force(environ: Mapping[str, str]) -> tuple[Switch, ...]:
    """Those that say no now, in the order of the table."""
    found, meant_in_ci = set(), False
    for name in environ:
        upper = name.upper()
        if upper == IN_CI:
            meant_in_ci = environ.get(name, "").strip().lower() in _YES_WORDS
        elif (switch := _BY_NAME.get(upper)) is not None and switch.says_no(environ.get(name, "")):
            found.add(upper)
    if not found:
        return ()
    return tuple(s for s in SWITCHES if s.name in found and not (s.is_ci and meant_in_ci))


def blocks(switches: tuple[Switch, ...], purpose: ConsentPurpose) -> Switch | None:
    """The first of these switches that says no to this purpose."""
    return next((switch for switch in switches if purpose in switch.purposes), None)


def wants_content(environ: Mapping[str, str]) -> bool:
    """True if a legacy switch asks for the wider events, in either spelling. It allows nothing: a grant for
    `content_recording` must be there too.
    """  # noqa: D205 - the condition belongs to the sentence
    return any(name.upper() in _WIDENS and environ.get(name, "").strip().lower() in _YES_WORDS for name in environ)
