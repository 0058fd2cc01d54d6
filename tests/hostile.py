"""A cell whose values notice when they are touched, and an expression for what a question may leave behind."""

from __future__ import annotations

HOSTILE = """
calls = 0
def trap(*args, **named):
    global calls
    calls += 1
    raise RuntimeError
class Meta(type):
    __getattribute__ = __eq__ = __hash__ = __repr__ = __instancecheck__ = trap
names = '''repr str len getattr getattribute eq hash bool dir iter call getitem contains format reduce sizeof index int
float lt gt le ge ne add radd array enter exit next reversed complex bytes missing fspath get set set_name class_getitem
instancecheck subclasscheck await aiter anext copy deepcopy round trunc floor ceil matmul'''.split()
class Key(str):
    __eq__ = trap
    __hash__ = str.__hash__
for n, name in enumerate([*names, '__class__']):
    kinds = [(), (dict,), (list,), (str,), (int,)]
    body = {name if name == '__class__' else f'__{name}__': property(trap) if n % 7 == 0 else trap}
    globals()[f'value_{n}'] = type('Bad', kinds[n % 5] if n % 7 else (), body)()
    globals()[f'class_{n}'] = type.__call__(Meta, f'Odd{n}', (), {})
    globals()[f'of_class_{n}'] = type.__call__(globals()[f'class_{n}'])
    globals()[f'keys_{n}'] = type('Keys', (), {Key('x'): trap, Key('__call__'): trap})()
calls = 0
exec = eval = type = dict = list = sorted = isinstance = hash = trap
"""
"""Some 200 names of 66 classes; `calls` counts how often their code is run."""

LEFT_BEHIND = (
    "(__import__('gc').isenabled(), get_ipython().execution_count, len(get_ipython().history_manager.input_hist_raw),"
    " [*get_ipython().user_ns], [name for name in __import__('sys').modules if name[:3] != 'zmq'])"
)
"""Any large answer has zmq load a module of its own."""
