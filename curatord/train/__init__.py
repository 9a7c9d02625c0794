"""pairs -> adapter: snapshots of the store, supervised fine-tuning, preference optimization.

Everything that computes runs in a child process (`python -m curatord.train`); the daemon imports only what reads and
writes run directories.
"""
