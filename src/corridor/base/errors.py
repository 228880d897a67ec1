"""Errors that a person can act on. The web shell turns them into problem details, the command line into a sentence."""


class CorridorError(Exception):
    """What was wrong and what to do about it, in words for whoever asked.

    `code` is stable and for programs, `status` the HTTP status that fits, `detail` for people.
    """

    code = "error"
    status = 400

    def __init__(self, detail: str, *, code: str | None = None, **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra
        if code is not None:
            self.code = code


class InvalidInput(CorridorError):
    code = "invalid_input"
    status = 422


class NotSignedIn(CorridorError):
    code = "not_signed_in"
    status = 401


class NotPermitted(CorridorError):
    code = "not_permitted"
    status = 403


class NotFound(CorridorError):
    code = "not_found"
    status = 404


class Conflict(CorridorError):
    code = "conflict"
    status = 409


class Unavailable(CorridorError):
    """Nothing was changed; the same request may be sent again."""

    code = "unavailable"
    status = 503


class SetupError(CorridorError):
    """The installation's own settings or surroundings need a person."""

    code = "setup"
    status = 500
