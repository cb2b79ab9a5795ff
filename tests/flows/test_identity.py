"""Clear names are kept by the owner's choice only, shown by no other, and go with it."""

import json

from tests.flows.harness import command, otlp_logs, serve, wait_until

ADDRESS = "jane.doe@example.org"


def bytes_of(home):
    """All that stays: what the journal holds goes within seconds."""
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file() and path.parent.name != "journal")


def send(server, number):
    """One request of Jane's."""
    assert server.post_otlp("logs", otlp_logs([f"req_{number}"], session=f"session-{number}", email=ADDRESS)) == 200
    wait_until(lambda: server.get("/api/v1/query?metrics=requests")["rows"] == [[number]], "the request is counted")


def users(server):
    return [row[0] for row in server.get("/api/v1/query?metrics=requests&by=user")["rows"]]


def test_clear_names_come_with_the_choice_and_go_with_it(tmp_path):
    with serve(tmp_path) as server:
        send(server, 1)
        (pseudonym,) = users(server)
        assert pseudonym.startswith("u_")
        assert ADDRESS.encode() not in bytes_of(tmp_path)

        told = json.loads(command("privacy", "identity", "clear", "--json", home=tmp_path).stdout)
        assert told == {"identity": "clear", "chosen_by": told["chosen_by"], "anonymous_id": None}
        send(server, 2)
        assert users(server) == [ADDRESS]
        assert ADDRESS in command("query", "--metrics", "requests", "--by", "user", home=tmp_path).stdout
        filtered = command("query", "--metrics", "requests", "--where", f"user={ADDRESS}", "--json", home=tmp_path)
        assert json.loads(filtered.stdout)["rows"] == [[2]]
        assert any("clear names" in notice for notice in server.get("/api/v1/report")["privacy"]["notices"])

        command("privacy", "identity", "pseudonym", home=tmp_path)
        assert users(server) == [pseudonym]
        wait_until(lambda: ADDRESS.encode() not in bytes_of(tmp_path), "the name is in no byte of the home", 30)
        assert users(server) == [pseudonym]


def test_a_choice_that_ended_while_nothing_ran_is_kept_to_at_the_next_start(tmp_path):
    command("privacy", "identity", "clear", home=tmp_path)
    with serve(tmp_path) as server:
        send(server, 1)
    assert ADDRESS.encode() in bytes_of(tmp_path)
    command("privacy", "identity", "pseudonym", home=tmp_path)
    command("report", home=tmp_path)
    assert ADDRESS.encode() not in bytes_of(tmp_path)


def test_names_go_at_once_where_nothing_runs(tmp_path):
    command("privacy", "identity", "clear", home=tmp_path)
    with serve(tmp_path) as server:
        send(server, 1)
    assert ADDRESS.encode() in bytes_of(tmp_path)
    command("privacy", "identity", "pseudonym", home=tmp_path)
    assert ADDRESS.encode() not in bytes_of(tmp_path)


def test_a_new_anonymous_id_forgets_the_old(tmp_path):
    shown = [json.loads(command("privacy", "identity", *words, "--json", home=tmp_path).stdout)["anonymous_id"]
             for words in ((), ("--new-id",), (), ("--new-id",))]  # fmt: skip
    assert shown[0] is None
    assert shown[1] == shown[2] != shown[3]
    assert shown[1].encode() not in bytes_of(tmp_path)
