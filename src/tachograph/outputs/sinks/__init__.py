"""Continuous forwarding of released events, by way of the outbox."""
