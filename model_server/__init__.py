"""The worker: a fill-in-the-middle model behind an OpenAI-shaped HTTP border.

Runs where the GPU is, and knows nothing of Jupyter.
"""
