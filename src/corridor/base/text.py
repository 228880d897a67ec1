"""Text that people wrote, made fit to be stored and shown."""

import unicodedata


def one_line(text: str) -> str:
    """The text in one line: without control characters, which PostgreSQL refuses in part, and without spare space."""
    return " ".join("".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text).split())
