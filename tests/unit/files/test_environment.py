"""What a recorded program is told, and when nothing is recorded because telemetry goes elsewhere already."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tachograph.file_kit.child import run_program
from tachograph.file_kit.environment import recorded_environment, sends_elsewhere
from tachograph.file_kit.folder import KitFolder
from tachograph.file_kit.labels import Labels
from tachograph.file_kit.run import run_recorded

HERE = "http://127.0.0.1:1/x"


@pytest.mark.parametrize(
    ("environment", "by"),
    [
        ({}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ({"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://c"}, "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"),
        ({"OTEL_METRICS_EXPORTER": "otlp"}, None),  # of another program: telemetry of this one is off
        ({"CLAUDE_CODE_ENABLE_TELEMETRY": "0", "OTEL_METRICS_EXPORTER": "otlp"}, None),
        ({"CLAUDE_CODE_ENABLE_TELEMETRY": "1", "OTEL_METRICS_EXPORTER": "otlp"}, "OTEL_METRICS_EXPORTER"),
        ({"CLAUDE_CODE_ENABLE_TELEMETRY": "1", "OTEL_METRICS_EXPORTER": "prometheus"}, "OTEL_METRICS_EXPORTER"),
        ({"CLAUDE_CODE_ENABLE_TELEMETRY": "1", "OTEL_LOGS_EXPORTER": "console,otlp"}, "OTEL_LOGS_EXPORTER"),
        ({"CLAUDE_CODE_ENABLE_TELEMETRY": "1", "OTEL_LOGS_EXPORTER": "console"}, None),  # our own env.sh
    ],
)
def test_who_sends_elsewhere(environment: dict[str, str], by: str | None) -> None:
    assert sends_elsewhere(environment) == by


def test_what_the_program_is_told() -> None:
    before = {
        "PATH": "/bin",
        "OTEL_LOGS_EXPORTER": "console",
        "OTEL_LOG_USER_PROMPTS": "1",
        "OTEL_LOG_TOOL_DETAILS": "1",
        "OTEL_LOG_RAW_API_BODIES": "1",
        "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "grpc",
        "OTEL_TRACES_EXPORTER": "otlp",
    }
    kept = dict(before)
    told = recorded_environment(before, HERE, Labels())
    assert before == kept
    assert told["PATH"] == "/bin"
    assert told["OTEL_EXPORTER_OTLP_ENDPOINT"] == HERE
    assert (told["OTEL_LOGS_EXPORTER"], told["OTEL_METRICS_EXPORTER"]) == ("otlp", "otlp")
    assert not {name for name in told if name.startswith("OTEL_LOG_")}  # not 0 either: Claude Code 1 takes it for yes
    assert not {"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_TRACES_EXPORTER"} & told.keys()


@pytest.mark.parametrize(
    ("own", "told"),
    [
        (None, "team=a,project=b"),
        ("x=y", "team=a,project=b,x=y"),
        ("team=mine", "project=b,team=mine"),
        ("team=mine,project=other", "team=mine,project=other"),
    ],
)
def test_labels_beside_the_owners_attributes(own: str | None, told: str) -> None:
    environment = {} if own is None else {"OTEL_RESOURCE_ATTRIBUTES": own}
    labels = Labels(team="a", project="b")
    assert recorded_environment(environment, HERE, labels)["OTEL_RESOURCE_ATTRIBUTES"] == told


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({}, None),
        ({"HTTP_PROXY": ""}, None),
        ({"HTTP_PROXY": "http://p"}, "127.0.0.1"),
        ({"https_proxy": "http://p", "no_proxy": "localhost,.corp"}, "localhost,.corp,127.0.0.1"),
        ({"ALL_PROXY": "http://p", "NO_PROXY": "127.0.0.1"}, "127.0.0.1"),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "*"}, "*"),
    ],
)
def test_what_goes_to_us_goes_past_a_proxy(own: dict[str, str], told: str | None) -> None:
    environment = recorded_environment(own, HERE, Labels())
    assert environment.get("NO_PROXY") == environment.get("no_proxy") == told
    assert {name: environment[name] for name in own if not name.lower().startswith("no_")} == {
        name: value for name, value in own.items() if not name.lower().startswith("no_")
    }


@pytest.mark.parametrize(("seconds", "told"), [(60.0, ""), (-1.0, "no telemetry came in")])
def test_a_long_session_that_sends_nothing_is_worth_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, told: str
) -> None:
    monkeypatch.setattr("tachograph.file_kit.run.SILENCE_S", seconds)
    ran = run_recorded(["true"], folder=KitFolder(tmp_path), labels=Labels(), environment={"PATH": "/usr/bin:/bin"})
    assert (ran.status, ran.log) == (0, None)
    assert ran.trouble.startswith(told)
    assert bool(ran.trouble) == bool(told)


@pytest.mark.timeout(10)
def test_an_end_that_another_thread_was_told_of_is_seen() -> None:
    done = threading.Event()
    other = threading.Thread(target=done.wait)  # holds no signal back, so the system may give it this process's
    other.start()
    try:
        assert run_program(["true"], {"PATH": "/usr/bin:/bin"}, started=lambda: time.sleep(0.2)) == 0
    finally:
        done.set()
        other.join()
