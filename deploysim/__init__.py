"""Forecast how a new model will behave on your own users before you release it."""

__version__ = "0.1.0"
