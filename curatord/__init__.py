"""curatord: a daemon that turns markdown memory into training pairs and a small model that knows them."""

__version__ = "0.1.0"
