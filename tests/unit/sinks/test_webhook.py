"""What a webhook sends beside the body, and what it shows of that."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from tachograph.config import Settings, secret_of
from tachograph.outputs.sinks.config import FileSinkConfig, WebhookConfig
from tachograph.outputs.sinks.webhook import Webhook
from tachograph.wiring.outbox import open_sinks
from tachograph_sdk.errors import ConfigError, PermanentDelivery, TransientDelivery
from tachograph_sdk.model.consent import ConsentPurpose
from tachograph_sdk.net import Flight, Limits, Reach
from tachograph_sdk.outbox.envelope import Envelope
from tachograph_sdk.outbox.fields import JSON_LINES
from tachograph_sdk.outbox.purposes import MAY_LEAVE
from tests.recording_sink import recording_sink

ENVELOPE = Envelope(
    id="a" * 32,
    sink="webhook",
    address="",
    fingerprint="",
    consents={ConsentPurpose.USAGE_ANALYTICS: "e1"},
    policy_version=3,
    created_us=1,
    events=1,
    content_type=JSON_LINES,
    scrubbed=0,
    about=("u_1",),
    body=b'{"x":1}\n',
)


def webhook(url: str, **more: str) -> Webhook:
    return Webhook(
        url,
        purposes=MAY_LEAVE,
        content_type=JSON_LINES,
        user_agent="tachograph/1",
        reach=Reach(loopback=True),
        limits=Limits(),
        now_s=lambda: 1_760_000_000.5,
        **more,
    )


@pytest.mark.parametrize(
    ("secret", "key"), [("plain words", b"plain words"), ("whsec_" + base64.b64encode(b"k" * 24).decode(), b"k" * 24)]
)
def test_a_request_is_signed_as_the_standard_says(secret, key):
    with recording_sink() as sink:
        assert webhook(sink.url, secret=secret).deliver(ENVELOPE, Flight()) == 204
    (request,) = sink.requests
    at = request.header("webhook-timestamp")
    signed = hmac.new(key, f"{ENVELOPE.id}.{at}.".encode() + request.body, hashlib.sha256).digest()
    assert (request.header("webhook-id"), at) == (ENVELOPE.id, "1760000000")
    assert request.header("webhook-signature") == "v1," + base64.b64encode(signed).decode()


def test_what_is_shown_are_the_headers_that_are_sent_with_stars_for_secrets():
    with recording_sink() as sink:
        made = webhook(sink.url, secret="hidden1", authorization="Bearer hidden2")
        made.deliver(ENVELOPE, Flight())
        shown = made.shown_headers(ENVELOPE)
    (request,) = sink.requests
    sent = dict(line.split(": ", 1) for line in request.head.decode().split("\r\n")[1:])
    for always in ("Host", "Content-Length", "Connection"):
        sent.pop(always)
    assert shown.keys() == sent.keys()
    assert {name for name, value in shown.items() if value == "***"} == {
        "Authorization",
        "webhook-timestamp",
        "webhook-signature",
    }
    assert all(sent[name] == value for name, value in shown.items() if value != "***")
    assert sent["Authorization"] == "Bearer hidden2"
    assert "hidden" not in repr(made) + str(vars(ENVELOPE) if hasattr(ENVELOPE, "__dict__") else shown)
    assert "u_1" not in request.head.decode()


@pytest.mark.parametrize(
    ("status", "error"), [(503, TransientDelivery), (400, PermanentDelivery), (302, PermanentDelivery)]
)
def test_an_answer_is_taken_by_its_status_and_its_text_is_never_repeated(status, error):
    with recording_sink() as sink:
        sink.answer = lambda _: f"HTTP/1.1 {status} no\r\nContent-Length: 7\r\n\r\nPLANTED".encode()
        with pytest.raises(error) as caught:
            webhook(sink.url).deliver(ENVELOPE, Flight())
    assert "PLANTED" not in caught.value.message + caught.value.hint
    assert str(status) in caught.value.message


def test_settings_make_sinks(tmp_path):
    settings = Settings(
        webhook=WebhookConfig(url="env:HOOK", secret="env:SECRET", purposes=("error_reporting",), format="json"),
        file_sink=FileSinkConfig(path=str(tmp_path / "out")),
    )
    hook, folder = open_sinks(settings, environ={"HOOK": "https://collector.example.com/v1?k=1", "SECRET": "s"})
    assert (hook.id, hook.address, hook.purposes) == (
        "webhook",
        "https://collector.example.com/v1",
        frozenset({ConsentPurpose.ERROR_REPORTING}),
    )
    assert hook.content_type == "application/json"
    assert (folder.id, folder.address, folder.purposes) == ("file_sink", "file:…/out", MAY_LEAVE)
    assert open_sinks(Settings()) == []


@pytest.mark.parametrize(
    "config",
    [
        WebhookConfig(url="http://collector.example.com/"),
        WebhookConfig(url="https://10.0.0.1/"),
        WebhookConfig(url="https://user:hunter2@collector.example.com/"),
        WebhookConfig(url="https://collector.example.com/", secret="hunter2"),
        WebhookConfig(url="https://collector.example.com/", authorization="env:NOT_SET"),
        WebhookConfig(url="https://collector.example.com/", purposes=("everything",)),
        WebhookConfig(url="https://collector.example.com/", purposes=("content_recording",)),
    ],
)
def test_wrong_settings_are_refused_and_not_repeated(config):
    with pytest.raises(ConfigError) as caught:
        open_sinks(Settings(webhook=config), environ={})
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_a_private_network_is_the_owners_choice():
    config = WebhookConfig(url="https://10.0.0.1/", allow_private=True)
    assert open_sinks(Settings(webhook=config))[0].address == "https://10.0.0.1"


def test_secrets_are_named_not_written():
    assert secret_of("a.b", "", environ={}) == ""
    assert secret_of("a.b", "env:X", environ={"X": "y"}) == "y"
    for wrong in ("y", "env:", "env:X Y", "env:NOT"):
        with pytest.raises(ConfigError):
            secret_of("a.b", wrong, environ={"X": "y"})


def test_the_envelope_is_the_same_however_often_it_is_encoded():
    from tachograph_sdk.outbox.envelope import decode_envelope, encode_envelope

    data = encode_envelope(ENVELOPE)
    assert decode_envelope(data) == ENVELOPE
    assert encode_envelope(decode_envelope(data)) == data
    assert json.loads(data.split(b"\n")[0])["about"] == ["u_1"]


@pytest.mark.parametrize("bad", ["Bearer hidden\nX: y", "Bearer hidden\r", "Bearer hid\0den", "Bearer hidd\u20acn"])
def test_what_no_header_can_hold_is_refused_without_being_quoted(bad):
    with pytest.raises(ConfigError) as caught:
        webhook("http://localhost:9/x", authorization=bad)
    assert "authorization" in caught.value.message
    assert "hid" not in caught.value.message + caught.value.hint
