"""Malformed, odd and hostile requests, each with the answer it must get."""

from __future__ import annotations

from tests.corpus.otlp.case import Case
from tests.corpus.otlp.cases_hostile import amplification, bomb_cases, deep
from tests.corpus.otlp.cases_http import compressed, good, requests
from tests.corpus.otlp.cases_json import broken_json, types
from tests.corpus.otlp.cases_protobuf import broken_protobuf, semantics

__all__ = ["CASES"]

CASES: list[Case] = [
    *good(),
    *requests(),
    *compressed(),
    *broken_protobuf(),
    *broken_json(),
    *types(),
    *semantics(),
    *deep(),
    *amplification(),
    *bomb_cases(),
]
