"""One suggestion on its way from the worker's text to the page: tidied, then grounded; and begun anew where it erred.

Pure. Where the facts prove a name wrong, the text before it stands, and the worker may be asked once more to go on from
there, with a name that exists. It does not know who asks.
"""

from __future__ import annotations

from msgspec.structs import replace

from jupyter_codecompose.claims import Claim
from jupyter_codecompose.evidence import Evidence
from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.grounding import Grounding
from jupyter_codecompose.notebook import Notebook
from jupyter_codecompose.place import Place
from jupyter_codecompose.steering import allowed
from jupyter_codecompose.tidy import MOST_LINES, Tidy
from model_server.wire import Cell, CompletionRequest


class Draft:
    """The text of one suggestion. `done` once nothing after it can be shown, `allowed` is how it may begin."""

    def __init__(self, notebook: Notebook, namespace: Namespace, *, block: bool, most_lines: int = MOST_LINES) -> None:
        self.allowed: tuple[str, ...] = ()
        self._notebook = notebook
        self._block = block
        self._most_lines = most_lines
        self._owed = self._given = ""
        self._again = True
        known = bool(namespace.variables) and notebook.language == "python" and not notebook.prose
        self._evidence = Evidence(namespace, notebook) if known else None
        self._begin(notebook.left)
        if self._evidence:
            self.allowed = allowed(self._place, self._evidence)

    @property
    def done(self) -> bool:
        """Whether nothing after it can be shown."""
        return self._tidy.done or self.wrong is not None

    @property
    def wrong(self) -> Claim | None:
        """The name that it ended before, since there is none such."""
        return self._grounding.wrong if self._grounding else None

    def feed(self, text: str) -> str:
        """More text from the worker → what may now be shown."""
        text = self._tidy.feed(text)
        return self._give(self._grounding.feed(text) if self._grounding else text)

    def close(self) -> str:
        """The worker has ended → what remains to be shown."""
        text = self._tidy.close()
        if self._grounding:
            text = self._grounding.feed(text) + self._grounding.close()
        return self._give(text)

    def again(self, request: CompletionRequest) -> CompletionRequest | None:
        """What to ask once more, of a closed draft that ended at a wrong name; None where there is no other."""
        if not (self._again and self._evidence and self._grounding and self._grounding.wrong and request.parts):
            return None
        self._again, kept = False, self._grounding.kept
        if not kept.startswith(self._given):
            return None
        place = Place.of(self._notebook.left + kept, self._notebook.right)
        ways = allowed(place, self._evidence, read=True)
        if not ways or (self.allowed and not kept):
            return None
        self._owed, self.allowed = kept[len(self._given) :], ways
        self._begin(self._notebook.left + kept, kept.count("\n"))
        *above, own = request.parts.before
        before = (*above, Cell(own.kind, own.text + kept))
        return replace(request, parts=replace(request.parts, before=before), allowed=ways)

    def _begin(self, left: str, lines: int = 0) -> None:
        """Begins behind `left`, whose last `lines` are its own."""
        notebook, most = self._notebook, self._most_lines - lines
        language = "markdown" if notebook.prose else notebook.language
        self._tidy = Tidy(left, notebook.right, block=self._block, language=language, most_lines=most)
        self._place = Place.of(left, notebook.right)
        self._grounding = Grounding(self._place, self._evidence) if self._evidence else None

    def _give(self, text: str) -> str:
        """A text with what is owed before it."""
        if text:
            text, self._owed = self._owed + text, ""
            self._given += text
        return text
