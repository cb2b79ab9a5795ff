"""Qwen Code: its telemetry, its recorded chats and its usage ledger, from its own words to ours."""
