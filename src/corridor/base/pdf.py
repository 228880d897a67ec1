"""PDF documents, made by typst from a template and data: tagged, and with its own fonts on every machine."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import typst


async def make_pdf(template: Path, data: Any, made_at: datetime) -> bytes:
    """The document that the template makes of `data`, which it reads as JSON from `sys.inputs.data`.

    It meets PDF/UA-1: the template must give a title, and a language. The work is done in a thread.
    """
    return await asyncio.to_thread(_compile, template, msgspec.json.encode(data).decode(), made_at)


def _compile(template: Path, data: str, made_at: datetime) -> bytes:
    compiler = typst.Compiler(template.read_bytes(), ignore_system_fonts=True, sys_inputs={"data": data})
    pages = compiler.compile(format="pdf", pdf_standards="ua-1", timestamp=made_at.replace(microsecond=0))
    assert isinstance(pages, bytes), "a PDF is one file"
    return pages
