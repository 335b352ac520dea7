"""Readers: one small file a log format, all streaming, from files to conversations with counted rejections."""
