"""What runs: one file a flow; each body reads as its table of contents."""
