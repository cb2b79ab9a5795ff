"""Nothing private comes out anywhere, whatever way it came in, under every preset.

The short form imports recorded files of every agent, stuffed with secrets, and searches all that is left of them. The
long one sends them to a running server as well, in every encoding, and reads everything that a server says.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import grpc
import pytest

from tachograph.home import Home
from tachograph.wiring.presets import open_permissions
from tachograph_sdk.model.consent import ConsentPurpose, How
from tachograph_sdk.privacy.policy import Preset
from tests.captures import to_json, to_protobuf
from tests.flows.harness import Running, serve, wait_until
from tests.flows.wall.places import answers_of, commands_of, files_of, tables_of
from tests.flows.wall.planted import INNOCENT, Secret, found_in, make_secrets
from tests.flows.wall.stuffed import GOLDEN, Stuffing, requests_of, sessions

SEED = int(os.environ.get("TACHOGRAPH_TEST_SEED", "1"))
KINDS = 57
SAMPLE = (  # one of each agent, and of each sort of file
    "claude_code/2.1.328/hooks-plugin",
    "claude_code/2.1.328/console",
    "codex/0.169.0/subagent",
    "copilot_cli/1.0.102/content-http-json",
    "copilot_cli/1.0.102/file-exporter",
    "gemini_cli/0.61.0/edit-outfile",
    "genai/vercel-ai",
    "opencode/1.18.33/subagent",
    "opencode/1.1.65/legacy-moved",
    "qwen_code/0.24.4/edit-outfile-openai",
)
_METHODS = {
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DO_NOT_TRACK", "CI", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TACHOGRAPH_JOURNAL__SEGMENT_AGE_S", "0.3")
    monkeypatch.setenv("TACHOGRAPH_LOG__LEVEL", "debug")


def choose(home: Path, preset: Preset) -> None:
    home.mkdir(mode=0o700)
    (home / "tachograph.toml").write_text(f'[privacy]\npreset = "{preset}"\n')
    if preset is Preset.CONTENT:
        assert open_permissions(Home(home)).grant([ConsentPurpose.CONTENT_RECORDING], how=How.CODE).granted


def run(home: Path, *arguments: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tachograph", "--home", str(home), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "CLAUDE_CONFIG_DIR": str(home / "no-such-agent")},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def rows(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home / "tachograph.duckdb"), read_only=True) as store:
        return store.execute(sql).fetchall()


def events_by_way(home: Path) -> dict[tuple[str, str], int]:
    return {
        (agent, source): count
        for agent, source, count in rows(home, "select agent, source, count(*) from events group by all")
    }


def check_texts(home: Path, preset: Preset) -> None:
    """Under content the words around the secrets are there, under all others nothing is."""
    texts = [text for (text,) in rows(home, "select text from contents")]
    if preset is Preset.CONTENT:
        assert len(texts) > 50
        assert all(any(word in text for text in texts) for word in INNOCENT)
        assert any("<email>" in text for text in texts)
    else:
        assert texts == []


def search(places: dict[str, bytes], secrets: list[Secret]) -> None:
    found = found_in(places, secrets)
    assert not found, "\n".join(found[:40])


def innocent(places: dict[str, bytes]) -> list[str]:
    return [place for place, content in places.items() if any(word.encode() in content for word in INNOCENT)]


def test_the_search_finds_what_is_there() -> None:
    """Each kind of secret, said in each way, hidden among other bytes."""
    import base64
    from urllib.parse import quote

    secrets = make_secrets(SEED)
    assert len({secret.kind for secret in secrets}) == len(secrets) == KINDS
    for secret in secrets:
        needle = max(secret.needles, key=len)
        ways = [
            needle,
            needle[::-1],
            needle.swapcase(),
            needle.encode().hex(),
            quote(needle, safe=""),
            json.dumps(needle),
        ]
        if len(needle) >= 9:
            ways += [base64.b64encode(b"x" * n + needle.encode() + b"yz").decode() for n in range(3)]
        for way in ways:
            assert found_in({"here": b"\\x00abc" + way.encode() + b"\\xffdef"}, [secret]), (secret.kind, way)
    assert not found_in({"here": b"nothing of it"}, secrets)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("preset", list(Preset))
def test_nothing_private_is_left_of_what_is_imported(tmp_path: Path, preset: Preset) -> None:
    secrets = make_secrets(SEED)
    stuffing = Stuffing(secrets, SEED)
    source, home = tmp_path / "source", tmp_path / "home"
    for name in SAMPLE:
        stuffing.copy(GOLDEN / name, source / name)
    assert len(stuffing.used) == KINDS
    choose(home, preset)
    printed = run(home, "import", "--json", str(source))
    ways = events_by_way(home)
    agents = ("claude_code", "codex", "copilot_cli", "gemini_cli", "opencode", "qwen_code")
    assert {agent for agent, way in ways if way == "transcript"} >= set(agents)
    assert {way for _, way in ways} == {"transcript", "otel_log", "otel_metric", "otel_span", "console"}
    places = {**files_of(home), **tables_of(home), "printed": "\n".join(printed).encode()}
    search(places, secrets)
    if preset is not Preset.CONTENT:
        assert innocent(places) == []
    check_texts(home, preset)


# the long form


def send_everything(server: Running, stuffing: Stuffing) -> dict[str, bytes]:
    """Every recorded request, stuffed, in each of the encodings in turn; what was answered."""
    answers = []
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(server.about["otlp_grpc"], options=options) as channel:
        number = 0
        for session in sessions():
            for signal, as_json, body in requests_of(session):
                stuffed = stuffing.request(signal, body, as_json=as_json, at_ns=time.time_ns())
                number += 1
                if number % 3 == 0:
                    protobuf = to_protobuf(signal, stuffed) if as_json else stuffed
                    answers.append(channel.unary_unary(_METHODS[signal])(protobuf, timeout=20))
                    continue
                if (number % 3 == 1) is not as_json:
                    stuffed = to_protobuf(signal, stuffed) if as_json else to_json(signal, stuffed)
                as_json = number % 3 == 1
                kind = "application/json" if as_json else "application/x-protobuf"
                headers = {"Content-Type": kind}
                status, answer = server.request("POST", server.about["otlp_http"], f"/v1/{signal}", stuffed, headers)
                assert status == 200, answer
                answers.append(answer)
    assert number > 150
    return {"answers to requests": b"\n".join(answers)}


def send_nonsense(server: Running, secrets: list[Secret]) -> dict[str, bytes]:
    """Requests that cannot be read, made of secrets; what was answered."""
    otlp, api = server.about["otlp_http"], server.about["http"]
    answers = []
    for secret in secrets:
        raw = secret.text.encode()
        plain = "".join(c for c in secret.text if c.isascii() and c.isalnum())
        for kind in ("application/json", "application/x-protobuf", "text/plain"):
            for body in (
                raw,
                b'{"resourceLogs": "' + raw,
                b"\x0a\xff" + raw,
                json.dumps({secret.text: secret.text}).encode(),
            ):
                answers.append(server.request("POST", otlp, "/v1/logs", body, {"Content-Type": kind})[1])
        packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        answers.append(server.request("POST", otlp, "/v1/logs", raw, packed)[1])
        answers.append(server.request("POST", otlp, f"/v1/{plain}", raw)[1])
        answers.append(server.request("POST", otlp, "/v1/logs", b"{}", {"Content-Type": plain, "X-Secret": plain})[1])
        answers.append(server.request("GET", api, f"/{plain}")[1])
        answers.append(server.request("POST", api, "/api/v1/sql", raw, {"Authorization": f"Bearer {plain}"})[1])
        answers.append(server.request("POST", api, "/api/v1/import", raw, {"Cookie": plain})[1])
        with grpc.insecure_channel(server.about["otlp_grpc"]) as channel:
            for method in (_METHODS["logs"], f"/{plain}/Export"):
                try:
                    channel.unary_unary(method)(b"\x0a\xff" + raw, timeout=20)
                except grpc.RpcError as error:
                    answers.append(f"{error.details()} {error.trailing_metadata()}".encode())
    return {"answers to nonsense": b"\n".join(answers)}


def allow_everything(home: Path, preset: Preset, sent: Path) -> None:
    """What may leave leaves at once, into a folder; everything was consented to, but for content where that is not chosen."""
    with (home / "tachograph.toml").open("a") as file:
        file.write('\n[outbox]\nmode = "auto"\n[forward]\ninterval_s = 0.5\n')
        file.write(f"[file_sink]\npath = {json.dumps(str(sent))}\n")
    purposes = [p for p in ConsentPurpose if p is not ConsentPurpose.CONTENT_RECORDING or preset is Preset.CONTENT]
    assert open_permissions(Home(home)).grant(purposes, how=How.CODE).granted >= set(purposes)


def take_out(home: Path, folder: Path) -> None:
    """Everything that the rights and the outbox write down."""
    for form in ("json", "csv", "parquet"):
        run(home, "privacy", "export", "--everything", "--format", form, "--to", str(folder / form))


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("preset", list(Preset))
def test_nothing_private_comes_out_of_a_server(tmp_path: Path, preset: Preset) -> None:
    secrets = make_secrets(SEED + 1)
    stuffing = Stuffing(secrets, SEED + 1)
    source, home, sent, out = (tmp_path / name for name in ("source", "home", "sent", "out"))
    for session in sessions():
        stuffing.copy(session, source / session.relative_to(GOLDEN))
    choose(home, preset)
    allow_everything(home, preset, sent)
    out.mkdir()
    log = tmp_path / "stderr"
    places: dict[str, bytes] = {}
    with log.open("wb") as stderr, serve(home, stderr=stderr) as server:
        places |= send_everything(server, stuffing)
        places |= send_nonsense(server, secrets)
        places["printed"] = "\n".join(run(home, "import", "--json", str(source))).encode()
        assert len(stuffing.used) == KINDS
        server.wait_drained()
        wait_until(lambda: not found_in(files_of(home / "journal"), secrets), "the journal is empty of it", 30)
        wait_until(lambda: any(sent.rglob("*.json*")), "something was sent", 30)
        search(files_of(home), secrets)  # the log of the database is not folded in yet
        places |= answers_of(server)
        places |= commands_of(home)
        take_out(home, out)
        assert server.stop() == 0
    places |= {**files_of(home), **tables_of(home), "log": log.read_bytes()}
    places |= {f"export {name}": content for name, content in files_of(out).items()}
    places |= {f"sent {name}": content for name, content in files_of(sent).items()}
    places |= parquet_of(out)
    search(places, secrets)
    kept_apart = {place for place in innocent(places) if not is_of_the_owner(place)}
    assert kept_apart == set() if preset is Preset.CONTENT else innocent(places) == []
    check_texts(home, preset)
    ways = events_by_way(home)
    assert sum(ways.values()) > 2000
    assert len({agent for agent, _ in ways}) >= 7


def is_of_the_owner(place: str) -> bool:
    """Where texts that the owner chose to keep may be: in the store, and in what the owner exported."""
    return place.startswith(("table contents", "file tachograph.duckdb", "export "))


def parquet_of(folder: Path) -> dict[str, bytes]:
    """The rows of exported files, which are compressed."""
    with duckdb.connect() as database:
        return {
            f"export rows {path.name}": json.dumps(
                database.execute("select * from read_parquet($1)", [str(path)]).fetchall(),
                default=str,
                ensure_ascii=False,
            ).encode()
            for path in folder.rglob("*.parquet")
        }
