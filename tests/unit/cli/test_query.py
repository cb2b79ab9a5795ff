"""Questions by metric names take conditions."""

import json

from tachograph.cli import main
from tachograph.home import Home
from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import EventKind
from tachograph_sdk.privacy.pseudonym import Pseudonymizer, load_or_create_secret


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
