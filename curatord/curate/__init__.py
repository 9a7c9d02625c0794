"""From documents to facts and pairs: pure functions of a document and the settings."""
