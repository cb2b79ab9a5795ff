"""Switching Claude Code's telemetry on and off: only what has to change does, and off is as it was, to the byte."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph.wiring.claude_code.json_text import change_text
from tachograph.wiring.claude_code.places import ClaudePlaces
from tachograph.wiring.claude_code.telemetry import ForeignValues, make, plan_disable, plan_enable
from tachograph.wiring.claude_code.telemetry_record import recall
from tachograph.wiring.claude_code.variables import DIVERTING, VARIABLES, Receiver, wishes
from tachograph_sdk.errors import ConfigError

HERE = Receiver(http="http://127.0.0.1:4318", grpc="http://127.0.0.1:4317")
MOVED = Receiver(http="http://127.0.0.1:5318", grpc="http://127.0.0.1:5317")
WRITTEN = {
    "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",
}
SAID = st.sampled_from(
    ["1", "0", 1, True, "", "otlp", "console", "console,otlp", "none", "grpc", "http/protobuf", "http/json", "nonsense",
     "http://127.0.0.1:4318", "http://localhost:4317", "https://collector.example", "é\u2028\"\\"]
)  # fmt: skip
ENVS = st.dictionaries(st.sampled_from((*VARIABLES, *DIVERTING, "FOO", "ANTHROPIC_API_KEY")), SAID, max_size=8)
OTHERS = st.dictionaries(
    st.sampled_from(["model", "hooks", "permissions", "ö"]),
    st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda one: st.lists(one, max_size=3), max_leaves=4),
    max_size=3,
)
LAYOUTS = st.sampled_from([None, 0, 1, 2, 4, "\t"])


@contextmanager
def somebody(data: bytes | None) -> Iterator[tuple[ClaudePlaces, Path]]:
    """A person whose settings are these; and where it is remembered what was done."""
    with tempfile.TemporaryDirectory() as folder:
        places = ClaudePlaces(Path(folder, "config"), Path(folder, "project"))
        if data is not None:
            places.config.mkdir()
            places.settings("user").write_bytes(data)
        yield places, Path(folder, "home", "otel.json")


def written(said: Any, layout: Any, newline: str = "\n", ending: str = "\n") -> bytes:
    return (json.dumps(said, indent=layout, ensure_ascii=False) + ending).replace("\n", newline).encode()


def bytes_of(places: ClaudePlaces) -> bytes | None:
    path = places.settings("user")
    return path.read_bytes() if path.exists() else None


def said_by(places: ClaudePlaces) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((bytes_of(places) or b"{}").decode("utf-8-sig"))
    return said


def edit(places: ClaudePlaces, *, indent: int = 2, env: dict[str, Any] | None = None, **more: Any) -> None:
    """Somebody else writes the settings anew, with this in them."""
    said = said_by(places) | more
    said["env"] |= env or {}
    places.settings("user").write_bytes(written(said, indent))


def enable(places: ClaudePlaces, records: Path, receiver: Receiver = HERE) -> None:
    make(plan_enable(places, receiver, records=records), records=records, force=True)


def disable(places: ClaudePlaces, records: Path) -> None:
    make(plan_disable(places, records=records), records=records)


def settings_of(env: dict[str, Any] | None, others: dict[str, Any]) -> dict[str, Any]:
    return others if env is None else {**others, "env": env}


@given(env=st.none() | ENVS, others=OTHERS, layout=LAYOUTS, newline=st.sampled_from(["\n", "\r\n"]),
       ending=st.sampled_from(["", "\n", " \n\n"]), moves=st.booleans())  # fmt: skip
def test_on_and_off_again_the_file_is_as_it_was_to_the_byte(env, others, layout, newline, ending, moves):
    before = written(settings_of(env, others), layout, newline, ending)
    with somebody(before) as (places, records):
        enable(places, records)
        assert wishes(said_by(places)["env"], HERE, ours={}) == (), "and nothing more has to change"
        if moves:
            enable(places, records, MOVED)
            assert wishes(said_by(places)["env"], MOVED, ours={}) == ()
        disable(places, records)
        assert bytes_of(places) == before
        assert not records.exists()


@given(env=st.none() | ENVS, others=OTHERS, layout=LAYOUTS)
def test_nothing_but_the_named_variables_changes(env, others, layout):
    with somebody(written(settings_of(env, others), layout)) as (places, records):
        enable(places, records)
        said = said_by(places)
        rest = {name: value for name, value in said["env"].items() if name not in (*VARIABLES, *DIVERTING)}
        assert rest == {n: v for n, v in (env or {}).items() if n not in (*VARIABLES, *DIVERTING)}
        assert {name: value for name, value in said.items() if name != "env"} == others


@given(env=st.none() | ENVS, others=OTHERS, more=OTHERS, layout=LAYOUTS)
def test_what_others_change_in_between_stays(env, others, more, layout):
    with somebody(written(settings_of(env, others), layout)) as (places, records):
        enable(places, records)
        edited = {**said_by(places), **more, "editor": "vim"}
        edited["env"] = {**edited["env"], "EDITED": "1"}
        text = change_text((bytes_of(places) or b"").decode(), edited)
        places.settings("user").write_bytes(text.encode())
        disable(places, records)
        assert said_by(places) == {**settings_of({**(env or {}), "EDITED": "1"}, {**others, **more}), "editor": "vim"}


@pytest.mark.parametrize("before", [b"{}", b'{"env": {}}', b'{"env": {"OTEL_LOGS_EXPORTER": "console"}}', None])
def test_an_env_that_we_made_goes_again_also_after_others_changed_the_file(before: bytes | None) -> None:
    with somebody(before) as (places, records):
        enable(places, records)
        edit(places, model="opus")
        disable(places, records)
        assert said_by(places) == {**json.loads(before or b"{}"), "model": "opus"}


def test_a_file_that_others_emptied_of_all_but_ours_goes_again() -> None:
    with somebody(None) as (places, records):
        enable(places, records)
        edit(places, indent=4)
        disable(places, records)
        assert bytes_of(places) is None


@pytest.mark.parametrize("before", [None, b"", b"{}", b"{\n}\n", b"\xef\xbb\xbf{}", b'{"env": {}}', b'{"env": {\n  }}'])
def test_a_file_that_says_nothing_comes_back_as_it_was(before):
    with somebody(before) as (places, records):
        enable(places, records)
        assert said_by(places) == {"env": WRITTEN}
        disable(places, records)
        assert bytes_of(places) == before


def test_a_value_that_somebody_changed_since_stays_and_is_named():
    with somebody(b'{"model": "opus"}') as (places, records):
        enable(places, records)
        edit(places, env={"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example"})
        plan = plan_disable(places, records=records)
        assert plan.left == ("OTEL_EXPORTER_OTLP_ENDPOINT",)
        make(plan, records=records)
        assert said_by(places) == {
            "model": "opus",
            "env": {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example"},
        }


def test_what_leads_elsewhere_is_named_and_stays_without_force_and_comes_back_with_it():
    before = b'{"env": {"OTEL_EXPORTER_OTLP_ENDPOINT":   "https:\\/\\/collector.example"}}'
    with somebody(before) as (places, records):
        plan = plan_enable(places, HERE, records=records)
        assert [(w.name, w.now) for w in plan.foreign] == [("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example")]
        with pytest.raises(ForeignValues, match="OTEL_EXPORTER_OTLP_ENDPOINT"):
            make(plan, records=records)
        assert bytes_of(places) == before
        assert not records.exists(), "nothing was done, so there is nothing to undo"
        make(plan, records=records, force=True)
        assert said_by(places)["env"] == {**WRITTEN}
        disable(places, records)
        assert bytes_of(places) == before, "also how the value was written"


def test_a_value_put_in_by_hand_after_us_is_what_comes_back():
    with somebody(b"{}") as (places, records):
        enable(places, records)
        edit(places, env={"OTEL_LOGS_EXPORTER": "console"})
        enable(places, records)
        disable(places, records)
        assert said_by(places) == {"env": {"OTEL_LOGS_EXPORTER": "console"}}


@pytest.mark.parametrize(
    ("env", "wanted"),
    [
        ({}, WRITTEN),
        ({**WRITTEN}, {}),
        ({**WRITTEN, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318/"}, {}),
        ({**WRITTEN, "OTEL_METRICS_EXPORTER": "console, otlp", "CLAUDE_CODE_ENABLE_TELEMETRY": True}, {}),
        (
            {**WRITTEN, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://[::1]:4317"},
            {},
        ),
        (  # gRPC was chosen, and nobody said where to
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            {
                **{n: v for n, v in WRITTEN.items() if n != "OTEL_EXPORTER_OTLP_PROTOCOL"},
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317",
            },
        ),
        (  # the port of gRPC, spoken to in another language
            {**WRITTEN, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317"},
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"},
        ),
        (  # one signal goes elsewhere
            {**WRITTEN, "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "https://collector.example/v1/logs"},
            {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": None},
        ),
        ({**WRITTEN, "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://127.0.0.1:4318/v1/logs"}, {}),
        ({**WRITTEN, "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "grpc"}, {"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": None}),
        ({**WRITTEN, "CLAUDE_CODE_ENABLE_TELEMETRY": "0"}, {"CLAUDE_CODE_ENABLE_TELEMETRY": "1"}),
    ],
)
def test_what_has_to_change(env: dict[str, Any], wanted: dict[str, str | None]) -> None:
    assert {wish.name: wish.wanted for wish in wishes(env, HERE, ours={})} == wanted


@pytest.mark.parametrize("broken", [b'{"env": {"A": "b"', b"[]", b"\xff", b'{"a": 1} // why', b'{"a": 1, "a": 2}'])
def test_what_is_no_plain_json_is_refused_and_left(broken: bytes) -> None:
    with somebody(broken) as (places, records):
        for plan in (lambda: plan_enable(places, HERE, records=records), lambda: plan_disable(places, records=records)):
            with pytest.raises(ConfigError, match=r"settings\.json"):
                plan()
        assert bytes_of(places) == broken


def test_an_env_that_is_no_object_is_refused() -> None:
    with somebody(b'{"env": ["A=b"]}') as (places, records), pytest.raises(ConfigError, match="no object"):
        plan_enable(places, HERE, records=records)


def test_a_file_that_changed_since_it_was_shown_is_not_written() -> None:
    with somebody(b"{}") as (places, records):
        plan = plan_enable(places, HERE, records=records)
        places.settings("user").write_bytes(b'{"model": "opus"}')
        with pytest.raises(ConfigError, match="meanwhile"):
            make(plan, records=records)
        assert bytes_of(places) == b'{"model": "opus"}'


def test_the_mode_of_the_file_and_a_link_stay(tmp_path: Path) -> None:
    with somebody(b"{}") as (places, records):
        path, real = places.settings("user"), tmp_path / "dotfiles.json"
        path.rename(real)
        path.symlink_to(real)
        real.chmod(0o640)
        enable(places, records)
        assert path.is_symlink()
        assert real.stat().st_mode & 0o777 == 0o640
        assert json.loads(real.read_bytes())["env"] == WRITTEN


def test_of_the_users_values_only_those_that_were_replaced_are_remembered() -> None:
    secret = b'{"env": {"OTEL_LOGS_EXPORTER": "console", "ANTHROPIC_API_KEY": "sk-ant-secret", "CLAUDE_CODE_ENABLE_TELEMETRY": "0"}}'
    with somebody(secret) as (places, records):
        enable(places, records)
        assert b"console" in records.read_bytes()
        assert b"sk-ant" not in records.read_bytes()
        assert records.stat().st_mode & 0o777 == 0o600
        assert recall(records, places.config) is not None


@pytest.mark.parametrize("addresses", [{}, {"otlp_http": "http://127.0.0.1:0", "otlp_grpc": "127.0.0.1:0"}])
def test_a_port_that_nobody_knows_is_said(addresses: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="ports"):
        Receiver.of(addresses)


def test_an_address_of_all_interfaces_is_reached_on_this_machine() -> None:
    found = Receiver.of({"otlp_http": "http://0.0.0.0:4318", "otlp_grpc": "[::]:4317"})
    assert (found.http, found.grpc) == ("http://127.0.0.1:4318", "http://[::1]:4317")
