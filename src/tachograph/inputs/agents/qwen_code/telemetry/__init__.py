"""Qwen Code's own names and what they mean, as tables."""
