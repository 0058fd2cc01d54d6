"""Documents to learn from: gathered, read, and what a kernel would have known in them."""
