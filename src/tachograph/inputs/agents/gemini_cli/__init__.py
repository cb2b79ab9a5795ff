"""Gemini CLI: its telemetry and its recorded chats, from its own words to ours."""
