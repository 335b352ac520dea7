"""The workspace: everything that is kept, and every SQL statement. Frames come back as Polars."""
