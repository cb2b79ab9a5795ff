"""What the Setup page gives to copy is what the guides say, word for word."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from tachograph.inputs.agents.kit.setup import AgentSetup, SettingsBlock
from tachograph.inputs.agents.registry import AGENTS
from tachograph.inputs.agents.setups import OTHERS, SETUPS
from tachograph.wiring.claude_code.variables import Receiver, wishes

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
BLOCKS = [pytest.param(one, block, id=f"{one.agent} {block.kind}") for one in SETUPS for block in one.blocks]


def without_comments(text: str) -> str:
    return re.sub(r"[ ]+# .*$", "", text, flags=re.MULTILINE)


def test_every_agent_that_is_known_can_be_connected() -> None:
    assert {one.agent for one in SETUPS} == {agent.id for agent in AGENTS} | {OTHERS}
    assert [one.agent for one in SETUPS if not one.blocks] == []


@pytest.mark.parametrize(("one", "block"), BLOCKS)
def test_a_block_stands_in_the_guide(one: AgentSetup, block: SettingsBlock) -> None:
    language = {"shell": "sh"}.get(block.kind, block.kind)
    found = re.findall(rf"^```{language}\n(.*?)\n```$", (GUIDES / one.guide).read_text(), re.MULTILINE | re.DOTALL)
    assert block.text in [without_comments(text) for text in found]
    if block.target.startswith("~"):
        assert block.target in (GUIDES / one.guide).read_text()


@pytest.mark.parametrize(("one", "block"), BLOCKS)
def test_a_block_is_what_it_says_and_has_the_real_addresses(one: AgentSetup, block: SettingsBlock) -> None:
    text = block.at(http="http://127.0.0.1:4317", grpc="127.0.0.1:7")  # odd, so that the order of replacing shows
    assert text.count("http://127.0.0.1:4317") == block.text.count("http://127.0.0.1:4318")
    assert text.count("http://127.0.0.1:7") == block.text.count("http://127.0.0.1:4317")
    assert "4318" not in text
    if block.kind == "json":
        assert json.loads(text)
    elif block.kind == "toml":
        assert tomllib.loads(text)
    else:
        assert all(line.startswith("export ") for line in text.splitlines())


def test_what_claude_code_is_given_to_copy_is_what_otel_enable_writes() -> None:
    (first, *_) = SETUPS[0].blocks
    receiver = Receiver(http="http://127.0.0.1:4318", grpc="http://127.0.0.1:4317")
    assert json.loads(first.text)["env"] == {wish.name: wish.wanted for wish in wishes({}, receiver, ours={})}
