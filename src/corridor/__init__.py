"""Corridor: an open, self-hosted digital hall pass system for schools."""

from importlib.metadata import version

__version__ = version("corridor")
