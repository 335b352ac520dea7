"""Personal data found in conversations and replaced by consistent surrogates.

Patterns for numbers, addresses, secrets and contacts work in every language. Names and places in running prose are
recognised in English only, elsewhere where a list or a phrase such as "je m'appelle" gives them away.

Nothing heavy is imported until a `Scrubber` is built, so that `--help` stays quick.
"""
