"""Sessions one by one: the list of them, and everything of one."""
