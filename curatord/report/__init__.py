"""One page that tells everything about a training run, to keep or to show: gathered, drawn, written."""
