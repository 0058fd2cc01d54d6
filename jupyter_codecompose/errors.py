"""What can go wrong with a request, each with its code for the page, its HTTP status and the sentence a person sees.

The sentences are ours: they never repeat what a worker, a kernel or a notebook said.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from jupyter_codecompose.wire import Fault

Code = Literal["loading", "down", "refused", "busy", "invalid", "internal"]


class CodeComposeError(Exception):
    """Base of all; raised as it stands for a fault of our own. `progress` is of a model that loads, 0 to 1."""

    code: ClassVar[Code] = "internal"
    status: ClassVar[int] = 500
    sentence: ClassVar[str] = "CodeCompose met a fault of its own; the server's log names the place."

    def __init__(self, sentence: str | None = None, progress: float | None = None) -> None:
        super().__init__(sentence or self.sentence)
        self.progress = progress

    def fault(self) -> Fault:
        """The last word of a request that ended so."""
        return Fault(code=self.code, message=str(self), progress=self.progress)


class Loading(CodeComposeError):
    code, status = "loading", 503
    sentence = "The model is loading."


class Down(CodeComposeError):
    code, status = "down", 502
    sentence = "The worker does not answer."


class Late(Down):
    status = 504
    sentence = "The worker did not answer in time."


class Untrusted(Down):
    sentence = "The worker's certificate is not trusted; name the file of who signed it in SSL_CERT_FILE."


class BadReply(Down):
    sentence = "The worker's answer was not understood; check that it has the same version as this server."


class Elsewhere(BadReply):
    sentence = "What answers at CodeCompose.worker_url is no completions server; check the address."


class Missing(BadReply):
    sentence = (
        "The worker has no completions at this address, or not this model; "
        "check CodeCompose.worker_url and CodeCompose.worker_model."
    )


class Failed(Down):
    sentence = "The worker failed on this request."


class Refused(CodeComposeError):
    code, status = "refused", 502
    sentence = (
        "The worker refuses this server's token; check CODECOMPOSE_WORKER_TOKEN, or the file that "
        "CodeCompose.worker_token_file names."
    )


class Busy(CodeComposeError):
    code, status = "busy", 503
    sentence = "The worker has too much to do."


class Replaced(Busy):
    sentence = "A newer request from the same place has taken this one's."


class Invalid(CodeComposeError):
    code, status = "invalid", 400
    sentence = "The body is not a snapshot that this version understands."


class Unfit(Invalid):
    status = 502
    sentence = (
        "The worker refuses what is sent to it; check CodeCompose.worker_prompt, CodeCompose.worker_model and "
        "CodeCompose.worker_context."
    )


class TooLarge(Invalid):
    status = 413
    sentence = "The notebook is too large for one request."
