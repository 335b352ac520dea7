"""Files as streams of rows: JSON Lines, JSON, CSV and Parquet, plain or compressed."""
