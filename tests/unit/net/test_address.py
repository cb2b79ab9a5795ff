"""Which addresses may be spoken to. The list is what people try who want a server to ask for them."""

from __future__ import annotations

import ipaddress

import pytest

from tachograph_sdk.errors import ConfigError
from tachograph_sdk.net import Limits, Reach, find_target, post

PUBLIC = Reach()
EVERYTHING = Reach(loopback=True, private=True, plain_http=True)

NEVER = [  # whatever is allowed
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.0.1/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://[fd00:ec2::254]/",
    "https://0.0.0.0/",
    "https://[::]/",
    "https://224.0.0.1/",
    "https://[ff02::1]/",
    "https://255.255.255.255/",
    "https://240.0.0.1/",
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://[2001:db8::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "https://2130706433/",
    "https://2852039166/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://10.1/",
    "https://169.254.43518/",
    "https://127.0.0.1./",
    "https://localhost./",
    "https://%6c%6f%63alhost/",
    "https://①②⑦.⓪.⓪.①/",
    "https://ⅼocalhost/",
    "https://example.com@169.254.169.254/",
    "https://user:secret@collector.example.com/",
    "https://collector.example.com#@169.254.169.254/",
    "https://collector.example.com\\@169.254.169.254/",
    "https://169.254.169.254\\.collector.example.com/",
    "https://collector.example.com\t.evil/",
    "https://collector.example.com/\r\nX-Evil: 1",
    "https://collector.example.com/ x",
    "https://collector.example.com:99999/",
    "https://collector.example.com:x/",
    "https:///path",
    "https:collector.example.com",
    "//collector.example.com/",
    "collector.example.com",
    "file:///etc/passwd",
    "ftp://collector.example.com/",
    "gopher://127.0.0.1:6379/_INFO",
    "dict://127.0.0.1:11211/",
    "data:text/plain,x",
    "javascript:alert(1)",
    "unix:///var/run/docker.sock",
    "",
    "https://-collector.example.com/",
    "https://collector..example.com/",
    "https://" + "a" * 300 + ".example.com/",
    "https://127.000.000.001/",
    "https://127.0.0.1:80:80/",
]
ONLY_IF_ALLOWED = [
    ("https://127.0.0.1/", "loopback"),
    ("http://localhost:8080/x", "loopback"),
    ("https://[::1]:8443/", "loopback"),
    ("https://10.0.0.7/", "private"),
    ("https://172.16.5.4/", "private"),
    ("https://172.31.255.255/", "private"),
    ("https://192.168.1.1/", "private"),
    ("https://100.64.0.1/", "private"),
    ("https://[fd12:3456::1]/", "private"),
    ("http://collector.example.com/", "plain_http"),
]


@pytest.mark.parametrize("url", NEVER)
def test_is_never_spoken_to(url):
    with pytest.raises(ConfigError) as caught:
        find_target(url, EVERYTHING)
    assert "169.254" not in caught.value.message
    assert "secret" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(("url", "needed"), ONLY_IF_ALLOWED)
def test_is_spoken_to_only_if_the_owner_allowed_it(url, needed):
    with pytest.raises(ConfigError):
        find_target(url, PUBLIC)
    with pytest.raises(ConfigError):
        find_target(url, Reach(**{name: name != needed for name in ("loopback", "private", "plain_http")}))
    assert find_target(url, Reach(**{needed: True})).url == url


@pytest.mark.parametrize(
    ("url", "shown", "path"),
    [
        ("https://collector.example.com/v1/events", "https://collector.example.com/v1/events", "/v1/events"),
        ("https://Collector.Example.com", "https://collector.example.com", "/"),
        ("https://c.example.com:8443/in?token=abc", "https://c.example.com:8443/in", "/in?token=abc"),
        ("https://hooks.example.com/services/T0001/B0002/x9Y8z7", "https://hooks.example.com/services/…/…/…", None),
        ("https://hooks.example.com/abcdefabcdefabcdefabcdefabcdefabcdef", "https://hooks.example.com/…", None),
        ("https://93.184.216.34/x", "https://93.184.216.34/x", "/x"),
        ("https://[2606:4700::1111]:8443/x", "https://[2606:4700::1111]:8443/x", "/x"),
        ("https://[64:ff9b::8.8.8.8]/x", None, "/x"),
    ],
)
def test_a_public_address_is_taken_apart(url, shown, path):
    if "8.8.8.8" in url:
        url = f"https://[{ipaddress.ip_address('64:ff9b::808:808')}]/x"
    target = find_target(url, PUBLIC)
    if shown is not None:
        assert target.shown == shown
    if path is not None:
        assert target.path == path
    assert not any(token in repr(target) + target.shown for token in ("abc", "T0001", "x9Y8z7"))


@pytest.mark.parametrize(
    "leads_to",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["10.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%eth0"],
        ["93.184.216.34", "127.0.0.1"],  # one good address does not help
        ["192.168.0.1", "93.184.216.34"],
        ["0.0.0.0"],
        ["64:ff9b::7f00:1"],
    ],
)
def test_a_name_that_leads_inside_is_not_connected_to(leads_to):
    target = find_target("https://collector.example.com/", PUBLIC)
    with pytest.raises(ConfigError):
        post(target, b"x", {}, reach=PUBLIC, limits=Limits(), look_up=lambda host, port: leads_to)


def test_a_name_that_leads_to_this_machine_is_not_connected_to_even_where_loopback_is_allowed():
    target = find_target("http://collector.example.com/", EVERYTHING)
    with pytest.raises(ConfigError, match="this machine"):
        post(target, b"x", {}, reach=EVERYTHING, look_up=lambda host, port: ["127.0.0.1"])


def test_a_private_network_is_reached_by_name_only_if_allowed():
    seen = []

    def look_up(host: str, port: int) -> list[str]:
        seen.append((host, port))
        return ["10.0.0.1"]

    target = find_target("https://collector.example.com/", PUBLIC)
    with pytest.raises(ConfigError, match="private network"):
        post(target, b"x", {}, reach=PUBLIC, look_up=look_up)
    assert seen == [("collector.example.com", 443)]
