"""How often a model is right: hidden lines and gaps, asked of real workers."""
