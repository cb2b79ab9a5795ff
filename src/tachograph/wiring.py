"""Builds the parts and joins them: the server with its two processes, and what commands do without a server."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import secrets
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from tachograph import __version__
from tachograph.clock import SystemClock
from tachograph.config import Settings, load, user_environment
from tachograph.home import Home, write_private
from tachograph.inputs.agents import AGENTS
from tachograph.inputs.transcripts import Importer, ImportReport
from tachograph.journal.reader import JournalReader
from tachograph.logs import configure_logs
from tachograph.pipeline.pipeline import Pipeline
from tachograph.pricing.price import PriceTable
from tachograph.server.answers import StoreAnswers
from tachograph.server.core import Core
from tachograph.server.services import QueryTimes, Services
from tachograph.server.supervisor import Child, Supervisor
from tachograph.store.duckdb import DuckDBStore
from tachograph.tasks import Task, TaskRunner
from tachograph_sdk.errors import StoreBusy

__all__ = ["Server", "import_here", "open_answers", "run_core"]
