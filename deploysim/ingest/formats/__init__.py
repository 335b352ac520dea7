"""One small file a log format. `registry.py` lists them."""
