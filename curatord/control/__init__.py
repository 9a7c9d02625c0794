"""The control socket: what the daemon answers, and how a client asks."""
