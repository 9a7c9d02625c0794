"""The web page that shows what curatord does: a small server on the loopback address, and the page's own files."""
