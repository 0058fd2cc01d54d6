"""One suggestion on its way to the page, and begun anew where the kernel proves it wrong."""

from __future__ import annotations

import pytest

from jupyter_codecompose.draft import Draft
from jupyter_codecompose.facts import Namespace
from model_server.wire import Cell, CompletionRequest, Parts
from tests.namespaces import COLUMNS, NAMESPACE, notebook


def request(left: str) -> CompletionRequest:
    return CompletionRequest(parts=Parts(before=(Cell("code", "above"), Cell("code", left))), stop="\n")


def draft(left: str, namespace: Namespace = NAMESPACE) -> Draft:
    return Draft(notebook(left), namespace, block=False)


def test_it_goes_on_from_where_it_was_wrong_with_what_exists() -> None:
    ours = draft("x = ")
    first = ours.feed('weather["rain"].mean()') + ours.close()
    assert (first, ours.done) == ("weather[", True)
    second = ours.again(request("x = "))
    assert second
    assert second.parts
    assert second.parts.before == (Cell("code", "above"), Cell("code", 'x = weather["'))
    assert second.allowed == ours.allowed == tuple(f'{name}"]{end}' for name in COLUMNS for end in ("\n", ""))
    assert first + ours.feed('wind"].m') + ours.feed("ax()") + ours.close() == 'weather["wind"].max()'
    assert ours.again(second) is None


@pytest.mark.parametrize(
    ("left", "text", "second", "expected"),
    [
        ("x = ", 'weather[["rain", "wind"]].mean()', 'wind", "date"]].mean()', 'weather[["wind", "date"]].mean()'),
        ("x = ", 'weather[["wind", "rain"]].mean()', 'date"]].mean()', 'weather[["wind", "date"]].mean()'),
        ("", "with open(n) as f, weather.rain() as g:", "head() as g:", "with open(n) as f, weather.head() as g:"),
        ("", "f = lambda a=weather.rain: a", "wind: a", "f = lambda a=weather.wind: a"),
        ("", "def f(a, b=weather.rain): pass", "wind): pass", "def f(a, b=weather.wind): pass"),
        ("", "class Net(np.Module): pass", "random): pass", "class Net(np.random): pass"),
    ],
)
def test_what_is_written_anew_follows_what_was_shown_letter_by_letter(
    left: str, text: str, second: str, expected: str
) -> None:
    ours = draft(left)
    first = "".join(map(ours.feed, text)) + ours.close()
    assert ours.again(request(left))
    assert first + "".join(map(ours.feed, second)) + ours.close() == expected


def test_it_is_begun_anew_once_at_most() -> None:
    ours = draft("x = ")
    assert ours.feed("weather.rain") + ours.close() == "weather"
    again = ours.again(request("x = "))
    assert again
    assert ours.feed("wind + weather.snow") + ours.close() == ".wind + weather"
    assert ours.again(again) is None


def test_what_is_begun_anew_has_no_more_lines_than_the_whole_may() -> None:
    ours = Draft(notebook("def f():\n    "), NAMESPACE, block=True, most_lines=4)
    first = "".join(map(ours.feed, "a = n\n    b = n\n    c = weather.rain\n    return c")) + ours.close()
    assert ours.again(request("def f():\n    "))
    second = "".join(map(ours.feed, "wind\n    d = n\n    e = n\n    g = n\n    h = n")) + ours.close()
    assert first + second == "a = n\n    b = n\n    c = weather.wind\n    d = n"


def test_nothing_else_is_asked_where_the_start_was_steered() -> None:
    ours = draft("weather.gr")
    assert ours.allowed == ("oupby",)
    assert ours.feed("een()") + ours.close() == ""
    assert ours.again(request("weather.gr")) is None


def test_a_column_that_is_read_exists_wherever_it_was_offered() -> None:
    ours = draft('weather["')
    assert 'wind"]' in ours.allowed
    assert ours.feed('rain"].mean()') + ours.close() == ""
    assert ours.again(request('weather["')) is None


def test_without_facts_everything_is_shown() -> None:
    ours = draft("x = ", Namespace())
    assert ours.feed("weather.ra") + ours.feed("in") + ours.close() == "weather.rain"
    assert ours.again(request("x = ")) is None
