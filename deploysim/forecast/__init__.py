"""Forecasts: estimated from graded lanes, put into plain words, and frozen under their own hash."""
