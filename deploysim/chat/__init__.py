"""The one seam to language models, and the one runner of many calls that replaying and judging share."""
