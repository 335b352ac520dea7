"""Audit: does the replay look real, is it faithful, does a model notice that it is tested, and what has no name yet."""
