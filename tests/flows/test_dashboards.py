"""The owner's own dashboards on a running server: dropped in, broken, mended, taken away, without a restart."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from tests.flows.harness import Running, command, serve

GOOD = 'title = "Mine"\n[[panels]]\ntitle = "Cost"\nchart = "stat"\nmetrics = ["cost_usd"]\n'
GOLDEN = Path(__file__).parents[1] / "golden" / "dashboards" / "sdk_metrics.json"


def tabs(server: Running) -> tuple[dict[str, Any], list[dict[str, str]]]:
    told = server.get("/api/v1/dashboards")
    return {dashboard["name"]: dashboard for dashboard in told["dashboards"]}, told["problems"]


def test_a_file_becomes_a_tab_and_a_broken_one_a_problem(tmp_path):
    with serve(tmp_path) as server:
        folder = tmp_path / "dashboards"
        if os.name == "posix":
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        ours, problems = tabs(server)
        assert "overview" in ours
        assert problems == []

        (folder / "mine.toml").write_text(GOOD, "utf-8")
        (folder / "dashboard.json").write_bytes(GOLDEN.read_bytes())
        found, problems = tabs(server)
        assert found.keys() - ours.keys() == {"own-mine", "own-dashboard"}
        assert problems == []
        downloads = found["own-dashboard"]["panels"][0]
        assert (downloads["title"], downloads["metrics"]) == ("Downloads", [])
        assert "PyPI" in downloads["missing"]
        assert any("“Slow”" in note for note in found["own-dashboard"]["notes"])

        (folder / "mine.toml").write_text(GOOD + "[[panels", "utf-8")
        found, problems = tabs(server)
        assert found.keys() - ours.keys() == {"own-dashboard"}
        assert [(problem["file"], problem["panel"]) for problem in problems] == [("mine.toml", "")]
        assert server.get("/health")["status"] == "ok"
        assert server.get("/api/v1/query?metrics=cost_usd&range=7d")["rows"], "the API goes on"

        (folder / "mine.toml").write_text(GOOD.replace("Mine", "Mended"), "utf-8")
        found, problems = tabs(server)
        assert found["own-mine"]["title"] == "Mended"
        assert problems == []

        (folder / "mine.toml").unlink()
        found, _ = tabs(server)
        assert found.keys() - ours.keys() == {"own-dashboard"}


def test_a_server_starts_whatever_lies_in_the_folder(tmp_path):
    folder = tmp_path / "dashboards"
    folder.mkdir(parents=True)
    (folder / "broken.toml").write_bytes(b"\xff\x00")
    (folder / "good.toml").write_text(GOOD, "utf-8")
    with serve(tmp_path) as server:
        found, problems = tabs(server)
        assert {"overview", "own-good"} <= found.keys()
        assert [problem["file"] for problem in problems] == ["broken.toml"]


def test_doctor_tells_of_them(tmp_path):
    folder = tmp_path / "dashboards"
    folder.mkdir(parents=True)
    told = json.loads(command("doctor", "--json", home=tmp_path, check=False).stdout)["findings"]
    (finding,) = (one for one in told if one["what"] == "own dashboards")
    assert (finding["state"], finding["found"], finding["where"]) == ("ok", "none", str(folder))
    (folder / "good.toml").write_text(GOOD, "utf-8")
    (folder / "broken.toml").write_text("title = ", "utf-8")
    told = json.loads(command("doctor", "--json", home=tmp_path, check=False).stdout)["findings"]
    (finding,) = (one for one in told if one["what"] == "own dashboards")
    assert (finding["state"], finding["found"]) == ("problem", "1 dashboard, 1 problem")
    assert "broken.toml" in finding["hint"]
