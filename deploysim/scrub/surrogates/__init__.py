"""Surrogates: values of the same type and shape, derived from a keyed hash."""
