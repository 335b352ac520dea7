"""Asking through a provider's Batch API: what replaying and judging share."""
