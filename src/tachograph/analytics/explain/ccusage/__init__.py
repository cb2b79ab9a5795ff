"""What the program ccusage says of the same transcripts, by its own rules, and why the ledger says something else."""
