"""The engine: layers of a text, one list of findings, placeholders, failing closed."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from tachograph_sdk.privacy import Scrubber
from tachograph_sdk.privacy.detectors import DETECTORS
from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.layers import unescaped, unpacked
from tachograph_sdk.privacy.spans import KINDS, outside_placeholders, united

MAIL = "jane.doe@example.org"
HOME = "/home/janedoe/app"


def finder(pattern: str, kind: str, rule: str = "") -> Detector:
    compiled = re.compile(pattern)

    def find(text: Text) -> Iterator[Span]:
        return (Span(*match.span(), kind, rule or kind) for match in compiled.finditer(text.text))

    return Detector(id=rule or kind, help="Finds.", find=find, catches=(), spares=())


@pytest.fixture
def scrub() -> Callable[[str], str]:
    return Scrubber().scrub


# --- layers ---------------------------------------------------------------------------------------------------------


def test_escapes_are_read_and_what_is_found_is_traced_back(scrub: Callable[[str], str]) -> None:
    assert scrub(f"q={quote(MAIL, safe='')}&page=2") == "q=<email>&page=2"
    assert scrub(f"q={quote(quote(MAIL, safe=''), safe='')}&page=2") == "q=<email>&page=2"
    assert scrub("a jane\\u0040example.org b") == "a <email> b"
    assert scrub("a jane\\x40example.org b") == "a <email> b"
    assert scrub("a jane&#64;example.org &amp; b") == "a <email> &amp; b"
    assert scrub("x /home/j\\303\\251r\\303\\264me/a") == "x /home/<user>/a"


def test_the_letter_of_an_escape_is_no_part_of_what_follows_it(scrub: Callable[[str], str]) -> None:
    assert scrub(json.dumps({"a": f"by\n{MAIL}\n"})) == '{"a": "by\\n<email>\\n"}'
    assert scrub(json.dumps(json.dumps({"a": f"by\n{MAIL}\t."}))) == json.dumps(json.dumps({"a": "by\n<email>\t."}))


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_json_inside_json_stays_json(levels: int, scrub: Callable[[str], str]) -> None:
    inner = {"cwd": "C:\\Users\\jane\\new", "note": f'"{MAIL}"\nand {HOME}'}
    text: str = json.dumps(inner)
    for _ in range(levels - 1):
        text = json.dumps({"inner": text})
    seen = scrub(text)
    for _ in range(levels - 1):
        seen = json.loads(seen)["inner"]
    assert json.loads(seen) == {"cwd": "C:\\Users\\<user>\\new", "note": '"<email>"\nand /home/<user>/app'}


def test_what_base64_and_hex_hold_goes_whole(scrub: Callable[[str], str]) -> None:
    packed = base64.b64encode(f"user {MAIL} said hello".encode()).decode()
    assert scrub(f"data: {packed}; ok") == "data: <email>; ok"
    assert scrub(f"a/{packed}") in ("a/<email>", "<email>")
    assert scrub(base64.urlsafe_b64encode(f"???>>> {MAIL}".encode()).decode()) == "<email>"
    assert scrub(f"0x{MAIL.encode().hex()}") == "<email>"
    assert scrub(base64.b64encode(base64.b64encode(f"user {MAIL} said".encode())).decode()) == "<email>"
    assert scrub(base64.b64encode(f"mail {MAIL} please".encode("utf-16-le")).decode()) == "<email>"
    innocent = base64.b64encode(b"nothing private is said in here").decode()
    assert scrub(innocent) == innocent


def test_what_is_invisible_hides_nothing(scrub: Callable[[str], str]) -> None:
    assert scrub(f"\x1b[31m{MAIL}\x1b[0m") == "\x1b[31m<email>\x1b[0m"
    assert scrub(f"[31m{MAIL}[0m") == "[31m<email>[0m"
    assert scrub("jane\u200b@exam\u00adple.org!") == "<email>!"
    assert scrub("x /home/jane\x1b[1mdoe\x1b[0m/app") == "x /home/<user>\x1b[0m/app"


def test_a_layer_knows_where_each_character_came_from() -> None:
    text = 'plain\n"a\\n\\"b\\" %41\\u00e9"\nplain\n\\x41'
    layer = unescaped(text)
    assert layer is not None
    for place, character in enumerate(layer.text):
        start, end = layer.source(place, place + 1)
        piece = text[start:end]
        if piece:
            assert piece == character or piece[0] in "\\%"
    assert layer.source(0, len(layer.text)) == (6, len(text)) or layer.source(0, len(layer.text)) == (0, len(text))
    assert unescaped("nothing 100% to read & C:/x") is None
    assert unpacked(Text("9fceb02d0ae598e95dc970b74767f19372d61af8 error_handler_function_names_are_long")) is None


# --- findings -------------------------------------------------------------------------------------------------------


def test_findings_that_overlap_become_one_named_by_the_first_detector() -> None:
    found = [(0, 4, 3, "c", "c"), (2, 8, 1, "a", "a"), (7, 9, 2, "b", "b"), (9, 12, 0, "d", "d"), (20, 21, 5, "e", "e")]
    assert united(found) == [Span(0, 9, "a", "a"), Span(9, 12, "d", "d"), Span(20, 21, "e", "e")]
    assert united([]) == []


def test_placeholders_are_never_touched_again() -> None:
    text = "x <email> y<email:12>z"
    inside = (2, 9, 0, "a", "a")
    across = (0, 5, 0, "a", "a")
    around = (10, 22, 0, "a", "a")
    kept, again = outside_placeholders(text, [inside, across, around])
    assert kept == [(0, 2, 0, "a", "a")]
    assert again == [inside, around]


def test_scrubbing_twice_changes_nothing() -> None:
    greedy = Scrubber([finder(r"(?<=key=)\S+", "secret"), finder(r"\S+@\S+", "email")])
    for text in ("key=abc", "key=<secret>", "key=a\\nb key=b\\\\nc", "a@b\\nc@d", "key=%20a%40b", "<a@b>", "key=<x>@y"):
        once = greedy.scrub(text)
        assert greedy.scrub(once) == once


def test_many_findings_take_time_in_proportion() -> None:
    everywhere = Scrubber([finder("a", "x"), finder("aa", "y"), finder("a", "z")])

    def seconds(text: str) -> float:
        begin = time.perf_counter()
        everywhere.scrub(text)
        return time.perf_counter() - begin

    small = min(seconds("a" * 20_000) for _ in range(3))
    large = min(seconds("a" * 80_000) for _ in range(3))
    assert large < 12 * small  # four times as much; a square would be sixteen


def test_every_kind_has_a_placeholder_that_is_known_again() -> None:
    found = {span.kind for detector in DETECTORS for text, _ in detector.catches for span in detector.find(Text(text))}
    assert found <= set(KINDS)


@pytest.mark.parametrize(
    "text",
    [
        "amqp%3A%2F%2F<user>%3A<password>%40<host>%3A5672%2Fx",
        "token=<token>;token2=<token>",
        "consumer_key=<secret>&consumer_secret=<secret>",
        "smtp://<user>:<password>@smtp.example.com:587",
        "/home/<user>/x /srv/<path>/y D:\\<path>\\z -Users-<user>",
        "<name> <<email>> \\u003cemail\\u003e",
    ],
)
def test_what_was_scrubbed_stays(text: str, scrub: Callable[[str], str]) -> None:
    assert scrub(text) == text


def test_escapes_around_a_finding_stay(scrub: Callable[[str], str]) -> None:
    assert scrub(f"a=%27{quote(MAIL)}%27%3D") == "a=%27<email>%27%3D"
    assert scrub(f"\\x27{MAIL}\\x27 \\303\\251{MAIL}") == "\\x27<email>\\x27 <email>"
    slashes = r'{"u":"https:\/\/jane:harbor8625@github.com\/acme\/app.git"}'
    assert scrub(slashes) == r'{"u":"https:\/\/<user>:<password>@github.com\/acme\/app.git"}'


# --- what comes out -------------------------------------------------------------------------------------------------


def test_the_same_value_gets_the_same_number() -> None:
    scrubber = Scrubber(consistent=True)
    text = "a@example.org b@example.org A@Example.org a%40example.org /home/jane/x"
    assert scrubber.scrub(text) == "<email:1> <email:2> <email:1> <email:1> /home/<user:1>/x"
    assert scrubber.scrub("b@example.org c@example.org") == "<email:2> <email:3>"
    assert Scrubber(consistent=True).scrub("b@example.org") == "<email:1>"
    assert scrubber.scrub("<email:1> <email:2>") == "<email:1> <email:2>"


def test_the_report_counts_rules_and_holds_no_value() -> None:
    scrubber = Scrubber()
    scrubber.scrub(f"{MAIL} {MAIL}")
    scrubber.scrub(HOME)
    assert [(f.rule, f.kind, f.times) for f in scrubber.report()] == [("email", "email", 2), ("home-path", "user", 1)]
    assert "jane" not in repr(scrubber.report())


def test_spans_say_where_it_was(scrub: Callable[[str], str]) -> None:
    scrubbed, spans = Scrubber().scrub_and_tell(f"a {MAIL} b")
    assert scrubbed == "a <email> b"
    assert spans == [Span(2, 2 + len(MAIL), "email", "email")]


def test_where_a_detector_fails_the_whole_text_is_dropped_and_counted() -> None:
    def fail(text: Text) -> Iterator[Span]:
        if "bad" in text.text:
            raise ZeroDivisionError(text.text)
        return iter(())

    scrubber = Scrubber([Detector(id="bad", help="Fails.", find=fail, catches=(), spares=())])
    assert scrubber.scrub("good text") == "good text"
    assert scrubber.scrub(f"bad {MAIL}") == "<dropped:scrubber-error>"
    assert [(f.rule, f.kind, f.times) for f in scrubber.report()] == [("scrubber-error", "dropped", 1)]
    assert scrubber.scrub_value({"a": ["bad", "good"]}) == {"a": ["<dropped:scrubber-error>", "good"]}


def test_threads_share_a_scrubber() -> None:
    scrubber = Scrubber(consistent=True)
    seen: list[str] = []

    def work() -> None:
        seen.extend(scrubber.scrub(f"p{i}@example.org") for i in range(100))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 100
    assert sum(f.times for f in scrubber.report()) == 400


# --- nested values --------------------------------------------------------------------------------------------------


def test_every_string_of_a_nested_value_is_scrubbed_and_nothing_else_changes() -> None:
    value = {
        "text": f"mail {MAIL}",
        "n": 3,
        "f": 1.5,
        "t": True,
        "z": None,
        "list": [HOME, {"deep": (MAIL, 7)}],
        "raw": b"x",
    }
    before = json.dumps(value, default=str)
    assert Scrubber().scrub_value(value) == {
        "text": "mail <email>", "n": 3, "f": 1.5, "t": True, "z": None,
        "list": ["/home/<user>/app", {"deep": ("<email>", 7)}], "raw": "x",
    }  # fmt: skip
    assert json.dumps(value, default=str) == before, "the value itself stays as it was"


def test_keys_are_scrubbed_and_two_that_become_the_same_lose_no_value() -> None:
    assert Scrubber().scrub_value({MAIL: 1, "eve@example.org": 2, "x": 3}) == {"<email>": 1, "<email>~2": 2, "x": 3}


def test_a_key_makes_its_value_a_secret() -> None:
    seen = Scrubber().scrub_value({
        "password": "hunter2", "dbPassword": "correct horse", "client_secret": 'a"b\\c', "X-API-Key": "abc", "pwd": 123456,
        "passwords": ["one", "two"], "Authorization": "Bearer abcdef0123456789abcdef", "refresh-token": "r1",
    })  # fmt: skip
    assert seen["password"] == "<password>"
    assert seen["dbPassword"] == "<password>"
    assert seen["client_secret"] == "<secret>"
    assert seen["X-API-Key"] == "<secret>"
    assert seen["pwd"] == "<password>"
    assert seen["refresh-token"] == "<token>"
    assert "abcdef0123" not in seen["Authorization"]


def test_what_stands_for_no_secret_stays() -> None:
    innocent = {
        "password": "", "secret": "${SECRET}", "api_key": "<your-key>", "passwd": None, "pwd": True, "access_token": "string",
        "token": "Hello", "max_tokens": 4096, "tokens": 1200, "token_count": 99999, "key": "value", "author": "x",
        "secret_key": "********", "password_hint": "x", "passwordless": "yes",
    }  # fmt: skip
    assert Scrubber().scrub_value(innocent) == innocent


def test_what_is_too_deep_too_much_or_of_another_sort_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    deep: object = MAIL
    for _ in range(5000):
        deep = [deep]
    assert MAIL not in repr(Scrubber().scrub_value(deep))
    loop: dict[str, object] = {}
    loop["again"] = loop
    assert "<dropped:too-deep>" in repr(Scrubber().scrub_value(loop))
    assert Scrubber().scrub_value({"o": object(), ("a", MAIL): 1}) == {"o": "<dropped:type>", "<dropped:type>": 1}
    monkeypatch.setattr("tachograph_sdk.privacy.structure.MAX_VALUES", 10)
    assert Scrubber().scrub_value([MAIL] * 12)[9:] == ["<dropped:too-much>"] * 3


def test_what_was_found_is_told_with_its_place() -> None:
    told: list[tuple[str, str, int, int]] = []
    Scrubber().scrub_value(
        {"a": [f"x {MAIL}"], MAIL: {"password": "hunter2"}},
        lambda place, span: told.append((place, span.kind, span.start, span.end)),
    )
    assert told == [("/a/0", "email", 2, 2 + len(MAIL)), ("/<email>/password", "password", 0, 7)]
