"""A sample and a model in, responses out."""
