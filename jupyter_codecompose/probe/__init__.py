"""What is run inside a Python kernel to learn what it knows of its names. Only `look.look` is called.

Nothing here is imported there: `question.py` sends the texts of these files, one after the other, into one dict of
their own, so nothing is left behind. They run none of the user's code: types are read through the slots of `type`,
everything else only when a value's type *is* a known class, found among the modules already loaded. So they never call
`repr`, `len`, `isinstance`, `getattr` or `hasattr` on a value they do not know, never compare or hash a key that is no
plain string, never import what is not loaded (but `gc`, which is built in), and never send a value.

Not covered: a user who has replaced parts of pandas, of IPython or of the standard library itself; tracers and audit
hooks, which see every line that a kernel runs; and callbacks for `post_execute`, which IPython calls after any request.
"""
