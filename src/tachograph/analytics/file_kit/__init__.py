"""What the parsed files of a collection add up to: totals, failures by class, and what to do about it."""
