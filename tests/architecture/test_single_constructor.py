"""Only the wall makes an Event, and the stores that read their own rows back. A third place would be a way around it."""

from __future__ import annotations

import ast

from tests.architecture.tree import modules

ALLOWED = ("tachograph_sdk.privacy.release", "tachograph.store", "tachograph.testing")
WALL = "tachograph_sdk.privacy.release"
MAY_RELEASE = ("tachograph.pipeline", "tachograph.wiring", "tachograph.testing", "tachograph_sdk.client", WALL)


OTHER_EVENTS = ("threading", "asyncio", "multiprocessing")


def makes_event(node: ast.AST) -> bool:
    """Whether this builds an Event: by calling it, or by its __new__. Events that threads wait for are another thing."""
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        return called.split(".")[-1] == "Event" and called.split(".")[0] not in OTHER_EVENTS
    return isinstance(node, ast.Attribute) and node.attr == "__new__" and ast.unparse(node.value).endswith("Event")


def test_an_event_is_made_in_the_wall_and_in_the_stores_only() -> None:
    makers = {m.name for m in modules() if any(makes_event(node) for node in ast.walk(m.tree))}
    assert WALL in makers, "the check must see the one place it knows"
    assert not {name for name in makers if not name.startswith(ALLOWED)}


def test_nothing_takes_an_event_apart_and_puts_it_together_again() -> None:
    """`dataclasses.replace` on an Event would be a constructor by another name."""
    for module in modules():
        if module.name == WALL:
            continue
        for node in ast.walk(module.tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "replace"
                and node.args
            ):
                argument = ast.unparse(node.args[0])
                assert "event" not in argument.split("."), f"{module.name}: replace({argument}, …)"


def test_the_wall_is_used_where_records_become_events_and_nowhere_else() -> None:
    users = {m.name for m in modules() if WALL in set(m.imports())}
    assert "tachograph.pipeline.steps.release" in users
    assert not {name for name in users if not name.startswith(MAY_RELEASE)}
