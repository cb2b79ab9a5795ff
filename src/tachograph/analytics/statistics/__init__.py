"""Tests, intervals and sample sizes, in the standard library alone. Nothing here knows what a session is.

Checked against scipy over random cases (`./dev bench statistics`); the same cases, shrunk, are part of the tests.
"""
