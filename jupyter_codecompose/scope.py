"""Where scopes begin and end around a cursor: by indentation, by braces, or by a closing word.

Pure. A scope is a block of statements; an open bracket is none, nor is the cell itself. It reads lines and brackets,
and parses nothing.
"""

from __future__ import annotations

import re

from jupyter_codecompose.brackets import scan, unclosed
from jupyter_codecompose.languages import Language

TAB = 4
BLOCK = re.compile(r"\s*(?:async|class|def|elif|else|except|finally|for|if|match|case|try|while|with)\b")
WORDED = re.compile(
    r"\s*(?:function|local\s+function|if|elseif|elsif|else|for|while|unless|until|let|begin|mutable\s+struct|struct|"
    r"module|macro|quote|try|catch|finally|rescue|ensure|def|class|case|when|switch)\b|.*\bdo\b[\w\s,|()]*\Z"
)
END = re.compile(r"\s*end\b")


def indentation(line: str) -> int:
    """How far a line is indented, in columns."""
    line = line.expandtabs(TAB)
    return len(line) - len(line.lstrip())


def last_line(text: str) -> str:
    """The last line of a text that is not blank."""
    return text.rstrip().rpartition("\n")[2]


def first_line(text: str) -> str:
    """The first line of a text that is not blank."""
    return next((line for line in text.split("\n") if line.strip()), "")


def opens(text: str, language: Language) -> bool:
    """Whether the last line of `text` opens a scope, or a comment follows such a line."""
    last = last_line(text).strip()
    if not language.scope or (language.scope == "indent" and ":" not in last and not last.startswith("#")):
        return False
    state, end = unclosed(text, language)
    code = text[:end].rstrip()
    if state.quote:
        return False
    if language.scope == "braces":
        return code.endswith("{")
    above, _, line = code.rpartition("\n")
    if language.scope == "end":
        return bool(WORDED.match(line)) and not re.search(r"\bend\b", line)
    continued = bool(scan(above, language=language).stack)
    return code.endswith(":") and not state.stack and (continued or bool(BLOCK.match(line)))


def at_end(left: str, right: str, stack: str, language: Language) -> bool:
    """Whether a cursor between `left` and `right` stands in a scope, behind all that is in it; `stack` is what is open
    there."""
    line = left.rpartition("\n")[2]
    if language.scope == "braces":
        return stack.endswith("}") and right.lstrip()[:1] in ("}", "")
    below = first_line(right.partition("\n")[2])
    inside = indentation(line) if line.strip() else len(line.expandtabs(TAB))
    return bool(language.scope) and not stack and inside > 0 and (not below or indentation(below) < inside)


def least_indentation(above: str, line: str, language: Language) -> int:
    """How far the next line must be indented to belong to the scope at the end of `line`, which follows `above`."""
    if line.strip():
        return indentation(line) + opens(f"{above}\n{line}", language)
    if opens(above.rstrip(), language):
        return indentation(last_line(above)) + 1
    return len(line.expandtabs(TAB))
