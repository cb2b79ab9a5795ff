"""The coding agents whose words we understand, one folder each; registry.py and histories.py list them.

What their folders are made with is in kit/.
"""
