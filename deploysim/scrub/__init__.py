"""Personal data found in conversations and replaced by consistent surrogates.

Nothing heavy is imported until a `Scrubber` is built, so that `--help` stays quick.
"""
