"""One month for all tests of this folder, and the store that was told of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

import pytest

from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tests.served import Served, served
from tests.truth import rows
from tests.truth.month import BUDGET_USD, NOW, Made, make_month


@pytest.fixture(scope="package")
def made() -> Made:
    return make_month(7)


@pytest.fixture(scope="package")
def facts(made) -> rows.Facts:
    return rows.rows_of(made.month)


@pytest.fixture(scope="package")
def store(made) -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    third = len(made.events) // 3
    for part in (made.events[:third], made.events[third:]):  # what comes later changes what is there
        store.write(Batch(events=part))
        store.settle()
    yield store
    store.close()


@pytest.fixture(scope="package")
def truly(store: DuckDBStore) -> Iterator[Served]:
    """The API over the month, asked at its end."""
    with served(store=store, now=NOW.replace(tzinfo=UTC), budget_usd=BUDGET_USD) as one:
        yield one
