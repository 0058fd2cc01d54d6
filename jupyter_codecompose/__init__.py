"""CodeCompose for Jupyter, the part that runs inside Jupyter Server: small, and free of torch."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """What Jupyter Server asks for; the application is imported only then."""
    from jupyter_codecompose.app import CodeCompose

    return [{"module": "jupyter_codecompose.app", "app": CodeCompose}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where the built page plugin lies, for `jupyter labextension develop`."""
    return [{"src": "labextension", "dest": "jupyter-codecompose"}]
