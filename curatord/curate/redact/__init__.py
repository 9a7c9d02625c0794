"""Secrets, personal data and forged turns: what of a note must never become training data."""
