"""From pairs to disk and back: the SQLite store, the JSONL shards, and exports."""
