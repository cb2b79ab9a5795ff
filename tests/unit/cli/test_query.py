"""Questions by metric names take conditions."""

import json

from tachograph.cli import main
from tachograph.home import Home
from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import EventKind
from tachograph_sdk.privacy.pseudonym import Pseudonymizer, load_or_create_secret


def test_what_is_not_known_of_a_dimension_is_called_so_and_an_unknown_figure_is_empty(tmp_path, capsys):
    home = Home(tmp_path)
    home.create()
    store = DuckDBStore(home.store)
    store.write(Batch(events=[make_event(kind=EventKind.PROMPT, at_us=1, prompt_id="p", length_chars=4)]))
    store.settle()
    store.close()
    asked = ["--home", str(tmp_path), "query", "--metrics", "prompts,cost_per_commit_usd", "--by", "repository"]
    assert main(asked) == 0
    told = capsys.readouterr()
    assert any(line.split() == ["unknown", "1"] for line in told.out.splitlines())
    assert "cost_per_commit_usd is empty where" in told.err
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == [[None, 1, None]]  # a repository may be called so


def test_a_person_is_found_by_their_address_and_only_they(tmp_path, capsys):
    home = Home(tmp_path)
    home.create()
    names = Pseudonymizer(load_or_create_secret(home.secret))
    store = DuckDBStore(home.store)
    prompts = [
        make_event(kind=EventKind.PROMPT, at_us=1, prompt_id=f"p{n}", user_id=names.user(person), length_chars=4)
        for n, person in enumerate(["jane@example.org", "joe@example.org", "jane@example.org"])
    ]
    store.write(Batch(events=prompts))
    store.settle()
    store.close()

    def asked(*conditions):
        words = [word for condition in conditions for word in ("--where", condition)]
        assert main(["--home", str(tmp_path), "query", "--metrics", "prompts", *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)["rows"]

    assert asked() == [[3]]
    assert asked("user=Jane@Example.org") == [[2]]
    assert asked("user=jane@example.org,joe@example.org") == [[3]]
    assert asked("user=jane@example.org", "agent=codex") == [[0]]
