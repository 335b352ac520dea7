"""The command line: each command reads its arguments, calls the pipeline once and prints the result."""
