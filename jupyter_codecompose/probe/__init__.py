"""What is run inside a Python kernel to learn what it knows of its names. `start.py` has the two functions called.

Nothing here is imported there: `question.py` sends the texts of these files, and the kernel compiles them once. What it
keeps is their code alone, in `get_ipython().meta`, IPython's place for what extensions keep; each look runs it in one
dict of its own and drops that. So nothing is left in the user's names, in the modules, or for the garbage collector to
know. A look holds the kernel for a few milliseconds: what it has no time to tell, the next one tells.

They run none of the user's code: types are read through the slots of `type`, everything else only when a value's type
*is* a known class, found among the modules already loaded. So they never call `repr`, `len`, `isinstance`, `getattr` or
`hasattr` on a value they do not know, never compare or hash a key that is no plain string, never import what is not
loaded (but `gc`, which is built in), and never send a value.

Not covered: a user who has replaced parts of pandas, of IPython or of the standard library itself; tracers and audit
hooks, which see every line that a kernel runs; and callbacks for `post_execute`, which IPython calls after any request.
"""
