"""Adapter to answers: the server, its front, and models with the adapter fused in."""
