"""A row of the table: a name that says what comes, what is done, and what it is given. Rows of one function are of one
kind; the first of a kind are those that were seen to go wrong, the others what was not seen and could as well."""
from typing import Callable, NamedTuple


class Check(NamedTuple):
    name: str
    run: Callable
    given: tuple = ()
    soak: bool = False  # not in ./run test, which tries one of each kind: it would take minutes together
