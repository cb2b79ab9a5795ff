"""Whatever sessions do, today is exactly what was spent today, however far behind the ledger is.

The world: clients that spend, clear, are resumed and forked, with totals that go on or begin again (all ways that versions
of Claude Code have, and some that none has), midnights, and a ledger that learns of it at any time, in any order.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from tachograph.statusline.ledger import Ledger
from tachograph.statusline.memory import Seen

ACTIONS = st.one_of(
    st.tuples(st.just("spend"), st.integers(0, 2), st.integers(1, 900_000)),
    st.tuples(st.just("spend"), st.integers(0, 2), st.integers(1, 900_000)),
    st.tuples(st.just("clear"), st.integers(0, 2), st.booleans()),
    st.tuples(st.just("resume"), st.integers(0, 2), st.booleans()),
    st.tuples(st.just("fork"), st.integers(0, 2), st.booleans()),
    st.tuples(st.just("learn"), st.integers(0, 2), st.integers(1, 5)),
    st.tuples(st.just("midnight"), st.just(0), st.just(0)),
)


@dataclass
class World:
    """Three clients side by side, one ledger, one memory of status lines."""

    seen: Seen = field(default_factory=Seen)
    day: int = 1
    now_s: float = 1_795_180_000.0
    sessions: int = 3
    current: list[int] = field(default_factory=lambda: [0, 1, 2])  # session of each client
    totals: list[int] = field(default_factory=lambda: [0, 0, 0])  # what each client says it cost
    spent: list[tuple[int, int, int]] = field(default_factory=list)  # session, day, micro-dollars
    known: set[int] = field(default_factory=set)  # which of them the ledger has

    def new_session(self, client: int) -> None:
        self.current[client] = self.sessions
        self.sessions += 1

    def do(self, action: tuple[str, int, int]) -> None:
        what, client, value = action
        if what == "spend":
            self.totals[client] += value
            self.spent.append((self.current[client], self.day, value))
        elif what == "learn":
            waiting = [n for n in range(len(self.spent)) if n not in self.known]
            self.known |= set(waiting[client :: int(value)])
        elif what == "midnight":
            self.day += 1
            self.now_s += 86400
        else:
            if what != "resume":
                self.new_session(client)
            if not value:
                self.totals[client] = 0
        self.redraw(client)

    def name(self) -> str:
        return f"2026-11-{self.day:02}"

    def ledger(self) -> Ledger:
        learned = [self.spent[n] for n in self.known]
        sessions: dict[str, list[int]] = {}
        for session, day, value in learned:
            both = sessions.setdefault(str(session), [0, 0])
            both[0] += value if day == self.day else 0
            both[1] += value
        told = {
            "day": self.name(), "day_from_us": 0, "day_to_us": 1 << 62, "day_unpriced": 0, "day_no_session_microusd": 0,
            "day_microusd": sum(value for _, day, value in learned if day == self.day), "sessions": sessions,
            "month_from_us": 0, "month_to_us": 1 << 62, "month_microusd": 0, "month_unpriced": 0,
        }  # fmt: skip
        return Ledger(told, is_alive=True)

    def redraw(self, client: int) -> None:
        session = str(self.current[client])
        self.seen.note_total(session, self.totals[client], self.ledger(), day=self.name(), now_s=self.now_s)


@given(st.lists(ACTIONS, max_size=40))
def test_today_is_what_was_spent_today(actions: list[tuple[str, int, int]]) -> None:
    world = World()
    for client in range(3):
        world.redraw(client)
    for action in actions:
        world.do(action)
        ledger = world.ledger()
        told = ledger.day_microusd + world.seen.unknown(ledger, day=world.name())
        assert told == sum(value for _, day, value in world.spent if day == world.day)
        without = world.seen.unknown(None, day=world.name())
        assert without <= sum(value for _, day, value in world.spent if day == world.day)
