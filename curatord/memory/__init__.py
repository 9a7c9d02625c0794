"""From disk to documents: walking, watching, reading and parsing memory roots."""
