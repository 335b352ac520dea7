"""Categories of undesired behaviour and their grader instructions, read from YAML and hashed by content."""
