"""What failed: kinds and classes of errors, patterns in them, and the sessions that somebody should look at."""
