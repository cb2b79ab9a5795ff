"""The classic analytics API: one function per endpoint, from a store and a scope to the endpoint's `data`.

Its paths and shapes are those of an older dashboard that people come from; its figures are this store's
(docs/guides/classic-api.md). What cannot be known is null, and `reasons` says why. Nothing here knows about HTTP.
"""
