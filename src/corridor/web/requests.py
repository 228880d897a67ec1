"""The request as our routes get it."""

from typing import Any

from litestar import Request
from litestar.exceptions import SerializationException


class JsonRequest(Request[Any, Any, Any]):
    """Answers 400 for all that is no JSON, bytes that are no UTF-8 and nesting without end among it."""

    async def json(self) -> Any:
        try:
            return await super().json()
        except (UnicodeDecodeError, RecursionError) as error:
            raise SerializationException(f"JSON is malformed: {error}") from error
