"""What Gemini CLI and the programs made from it have in common."""
