"""Corpus to checkpoint: tokenizer, objectives, trainer, memory, fine-tuning."""
