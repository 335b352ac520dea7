"""Deciding by language models: what they are shown, how their replies are read, and how steps make up a chain."""
