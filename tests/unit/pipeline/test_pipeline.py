"""The steps joined: what goes in order, what a failure costs, what is remembered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tachograph.inputs.otlp.decode import Decoder
from tachograph.pipeline.pipeline import Pipeline
from tachograph.ports import FrameKind, Position, StreamState
from tachograph.pricing.price import PriceTable
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent, Source
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tachograph_sdk.privacy.release import Release
from tests.captures import CAPTURES, RECEIVED_US, frame, frames, pipeline

NOW = 1_795_141_838_505_000_000


def cumulative(
    *totals: float,
    service: str = "claude-code",
    start: int = NOW,
    host: str = "",
    name: str = "claude_code.cost.usage",
) -> bytes:
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    group.resource.attributes.add(key="service.name").value.string_value = service
    if host:
        group.resource.attributes.add(key="os.type").value.string_value = host
    metric = group.scope_metrics.add().metrics.add(name=name)
    metric.sum.aggregation_temporality = 2  # type: ignore[assignment]
    metric.sum.is_monotonic = True
    for number, total in enumerate(totals, 1):
        point = metric.sum.data_points.add(
            start_time_unix_nano=start, time_unix_nano=start + number * 10**9, as_double=total
        )
        point.attributes.add(key="session.id").value.string_value = "s"
        point.attributes.add(key="model").value.string_value = "claude-opus-5-5"
    body: bytes = request.SerializeToString()
    return body


def metrics(*totals: float, **options: Any) -> Any:
    return frame(FrameKind.METRICS_PROTOBUF, cumulative(*totals, **options))


def costs(batch: Any) -> list[int]:
    return [e.attributes["cost_nanousd"] for e in batch.events]


def test_the_steps_read_in_order() -> None:
    assert [name for name, _ in pipeline().understand] == ["identify", "deltas", "classify"]


def test_a_batch_ends_where_its_last_frame_ends() -> None:
    capture = frames(CAPTURES[0], "protobuf")
    assert pipeline().run(capture).position == Position(1, len(capture))
    assert pipeline().run([]).position is None


def test_running_totals_count_once_across_batches() -> None:
    one = pipeline()
    first = one.run([metrics(0.1, 0.3)])
    assert costs(first) == [100_000_000, 200_000_000]
    assert len(first.streams) == 1
    second = one.run([metrics(0.1, 0.3, 0.7)])
    assert costs(second) == [400_000_000]
    assert second.drops == {(DropReason.STALE_POINT, "claude_code.cost.usage"): 2}


def test_running_totals_go_on_after_a_restart() -> None:
    first = pipeline().run([metrics(0.1, 0.3)])
    again = pipeline(streams=first.streams).run([metrics(0.1, 0.3, 0.7)])
    assert costs(again) == [400_000_000]


def test_the_resource_and_the_start_are_part_of_a_stream() -> None:
    """Two processes that send the same attributes are two streams, though one may start before the other."""
    one = pipeline()
    assert costs(one.run([metrics(0.1), metrics(0.2, host="linux"), metrics(0.4, start=NOW - 10**9)])) == [
        100_000_000,
        200_000_000,
        400_000_000,
    ]


def test_streams_of_programs_we_cannot_read_are_not_remembered() -> None:
    own = {"name": "my.counter"}
    batch = pipeline().run(
        [metrics(0.1, service="my-own-service", **own), metrics(0.1, service="A Person's Thing", **own)]
    )
    assert not batch.streams
    assert not batch.events
    assert batch.drops == {
        (DropReason.UNKNOWN_AGENT, "my_own_service"): 1,
        (DropReason.UNKNOWN_AGENT, "<other>"): 1,
    }


def test_an_agent_whose_service_was_renamed_is_known_by_its_names() -> None:
    batch = pipeline().run([metrics(0.1, service="our-team"), metrics(0.2, service="Claude-Code")])
    assert [event.agent for event in batch.events] == ["claude_code", "claude_code"]
    assert costs(batch) == [100_000_000, 200_000_000]


def test_a_frame_that_cannot_be_read_is_set_aside_and_the_rest_goes_on() -> None:
    good = frames(CAPTURES[0], "protobuf")
    bad = frame(FrameKind.LOGS_PROTOBUF, b"\xff secret", end=99)
    alone = pipeline().run(good)
    batch = pipeline().run([good[0], bad, *good[1:]])
    assert batch.events == alone.events
    (item,) = batch.quarantined
    assert (item.origin, item.place, item.reason) == ("journal", "segment 1 before offset 99", DropReason.MALFORMED)
    assert item.size_bytes == len(bad.body)
    assert "secret" not in repr(batch.quarantined)


def test_a_record_its_reader_cannot_bear_costs_only_itself() -> None:
    class Breaks:
        id = "claude_code"
        service_names = frozenset({"claude-code"})
        name_prefixes = ()

        def classify(self, raw: RawEvent) -> RawEvent | DropReason:
            if raw.name == "bad":
                raise RuntimeError("secret")
            raw.kind = EventKind.PROMPT
            raw.attributes = {}
            return raw

    def log(name: str) -> dict[str, Any]:
        return {"attributes": [{"key": "event.name", "value": {"stringValue": name}}]}

    body = json.dumps(
        {
            "resourceLogs": [
                {
                    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "claude-code"}}]},
                    "scopeLogs": [{"logRecords": [log("first"), log("bad"), log("last")]}],
                }
            ]
        }
    ).encode()
    one = Pipeline(
        decoder=Decoder(), agents=[Breaks()], release=Release(Pseudonymizer(b"x" * 32)), prices=PriceTable.load()
    )
    batch = one.run([frame(FrameKind.LOGS_JSON, body)])
    assert [e.name for e in batch.events] == ["first", "last"]
    assert batch.drops[DropReason.INTERNAL_ERROR, "bad"] == 1
    assert "secret" not in repr(batch)


def test_what_is_objected_to_is_not_kept() -> None:
    capture = frames(CAPTURES[0], "protobuf")
    everything = pipeline().run(capture)
    batch = pipeline(refused=frozenset({EventKind.PROMPT})).run(capture)
    prompts = [e for e in everything.events if e.kind is EventKind.PROMPT]
    assert prompts
    assert batch.events == [e for e in everything.events if e.kind is not EventKind.PROMPT]
    assert batch.drops[DropReason.NO_CONSENT, "prompt"] == len(prompts)


def test_a_failure_in_the_middle_leaves_the_streams_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    one = pipeline()

    def fail(*_: Any) -> Any:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(one, "release", fail)
        with pytest.raises(MemoryError):
            one.run([metrics(0.1)])
    assert costs(one.run([metrics(0.1)])) == [100_000_000]


# --- importers ----------------------------------------------------------------------------------------------------


def understood(key: bytes, **attributes: Any) -> RawEvent:
    return RawEvent(
        agent="claude_code",
        source=Source.TRANSCRIPT,
        name="assistant",
        at_ns=NOW,
        received_us=RECEIVED_US,
        key=key,
        attributes=attributes,
        kind=EventKind.API_REQUEST,
    )


def test_records_that_an_importer_understood_go_straight_to_the_wall() -> None:
    batch = pipeline().run_records([understood(b"1", model="claude-opus-5-5", input_tokens=1000, text="secret")])
    (event,) = batch.events
    assert event.attributes["cost_nanousd"] == 4_000_000
    assert event.source is Source.TRANSCRIPT
    assert batch.drops == {(DropReason.UNKNOWN_ATTRIBUTE, "text"): 1}
    assert batch.position is None


def test_records_of_both_sorts_may_come_together() -> None:
    raw = RawEvent(
        agent="claude_code",
        source=Source.CONSOLE,
        name="claude_code.user_prompt",
        at_ns=NOW,
        received_us=RECEIVED_US,
        key=b"2",
        attributes={"prompt_length": "4"},
    )
    batch = pipeline().run_records([raw, understood(b"1")])
    assert {e.kind for e in batch.events} == {EventKind.PROMPT, EventKind.API_REQUEST}


def test_stream_states_are_what_the_store_takes() -> None:
    batch = pipeline().run([metrics(0.1)])
    ((stream, state),) = batch.streams.items()
    assert len(stream) == 32
    assert state == StreamState(start_ns=NOW, at_ns=NOW + 10**9, value=0.1)
