"""Builds the parts and joins them: the server with its two processes, and what commands do without a server.

Only what a process needs is imported in it, and where it is built: the supervisor and most commands stay light.
"""
