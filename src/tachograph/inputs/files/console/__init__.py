"""What agents print with their console exporters: dumps of JavaScript objects between lines of ordinary output."""
