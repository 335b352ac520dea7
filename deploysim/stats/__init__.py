"""Statistics: arrays in, small frozen records out. Nothing here knows of files, frames or models."""
