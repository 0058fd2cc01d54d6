"""Notebooks with cuts in them: what is suggested there is held against a kernel in which they run."""
