"""The only door out: what is about to leave waits here as readable files, and leaves only while consent holds."""
