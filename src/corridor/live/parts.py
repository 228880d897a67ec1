"""A live page as parts: elements with ids, of which a browser gets those that changed."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from html import escape
from typing import Any

from corridor.day.state import SchoolState


class Part:
    """One element of a page.

    `key` is anything that tells by `==` whether the part changed; `html` is the element, with the part's id, and is
    rendered when it is first wanted.
    """

    def __init__(self, key: Any, render: Callable[[], str]) -> None:
        self.key = key
        self._render = render

    @cached_property
    def html(self) -> str:
        return self._render()


Render = Callable[[str, Mapping[str, Any]], str]
"""Renders the template of this name with this context."""

Parts = Mapping[str, Part]
Look = Callable[[SchoolState, datetime], Parts]
"""What somebody sees of a school: its parts by id."""


def carried_over(before: Parts, after: Parts) -> Parts:
    """`after`, with what has not changed taken from `before`, where it may have been rendered already."""
    return {id: old if (old := before.get(id)) and old.key == part.key else part for id, part in after.items()}


def changes(before: Parts, after: Parts) -> str:
    """What makes a page with the parts `before` one with those of `after`, as HTML; empty when they are alike."""
    gone = [f'<template data-gone="{escape(id)}"></template>' for id in before if id not in after]
    changed = [part.html for id, part in after.items() if id not in before or before[id].key != part.key]
    return "\n".join(gone + changed)


def everything(parts: Parts) -> str:
    """The whole page as HTML, for a browser that may have missed something."""
    return "\n".join(part.html for part in parts.values())
