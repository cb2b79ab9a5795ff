"""The plugin in the user's own Claude Code: put in, looked at, taken out, without a trace left in the user's settings."""
