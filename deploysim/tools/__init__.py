"""Simulated tools: every call of a replayed agent is answered from records, and nothing is ever executed."""
