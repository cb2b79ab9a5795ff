"""Which names in a Host header are ours."""

from __future__ import annotations

import pytest

from tachograph.inputs.otlp.hosts import HostCheck


@pytest.mark.parametrize(
    "host",
    [b"localhost", b"localhost:4318", b"LocalHost", b"localhost.", b"127.0.0.1", b"127.0.0.1:9", b"[::1]", b"[::1]:80"],
)
def test_loopback_is_always_ours(host):
    assert HostCheck("127.0.0.1", ()).is_ours(host)


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"evil.example",
        b"localhost.evil.example",
        b"127.0.0.1.evil.example",
        b"localhost:80@evil.example",
        b"localhost:x",
        b"192.168.1.5",
        b"0.0.0.0",
        b"[::2]",
        b"2130706433",
        b"localhost, evil.example",
        b"\xff",
        "löcalhost".encode(),
    ],
)
def test_anything_else_is_not(host):
    assert not HostCheck("127.0.0.1", ()).is_ours(host)


def test_configured_names_and_the_address_listened_on():
    check = HostCheck("192.168.1.5", ["Collector.example"])
    assert check.is_ours(b"collector.EXAMPLE:4318")
    assert check.is_ours(b"192.168.1.5:4318")
    assert check.is_ours(b"10.0.0.1"), "on a network, an address says nothing about who asks"
    assert not check.is_ours(b"other.example")


def test_many_names_do_not_fill_the_memory():
    check = HostCheck("127.0.0.1", ())
    for n in range(10_000):
        assert not check.is_ours(b"evil%d" % n)
    assert len(check._known) <= 256
    assert check.is_ours(b"localhost")
