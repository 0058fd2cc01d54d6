"""Corpus to checkpoint: tokenizer, objective, trainer, hidden-line evaluation."""
