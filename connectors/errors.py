"""The errors a connector may raise; there are no others.

What the engine does with each is its business (retry, pause the channel, ask a person); here stands only what
happened. Nothing here may hold a secret: bodies are cut and redacted before they come in (see `http`).
"""

from __future__ import annotations

MAX_BODY_CHARS = 4096


class ConnectorError(Exception):
    """Anything that went wrong at a platform.

    `status` is the HTTP status (None: no answer), `code` the platform's own code, `request_id` what its
    support asks
    for, `body` at most 4 KB of its answer with secrets cut out.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str = "",
        request_id: str = "",
        body: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.request_id = request_id
        self.body = body[:MAX_BODY_CHARS]

    def __str__(self) -> str:
        facts = [f"HTTP {self.status}" if self.status else "", f"code {self.code}" if self.code else ""]
        facts.append(f"request {self.request_id}" if self.request_id else "")
        shown = ", ".join(fact for fact in facts if fact)
        return f"{self.message} ({shown})" if shown else self.message


class Temporary(ConnectorError):
    """Refused or lost before it took effect: it may be tried again.

    `retry_after` is in seconds from now (None: the engine's own back-off). `rate_limited` means the
    platform said
    "come back then", which counts as no failure.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        rate_limited: bool = False,
        status: int | None = None,
        code: str = "",
        request_id: str = "",
        body: str = "",
    ) -> None:
        super().__init__(message, status=status, code=code, request_id=request_id, body=body)
        self.retry_after = retry_after
        self.rate_limited = rate_limited


class NotAuthorised(ConnectorError):
    """The credentials are no longer good: refresh once, then pause the channel and tell its owner."""


class Refused(ConnectorError):
    """This will never pass as it is; `reason` is in the platform's words, `cure` in ours."""

    def __init__(
        self,
        reason: str,
        *,
        cure: str = "",
        status: int | None = None,
        code: str = "",
        request_id: str = "",
        body: str = "",
    ) -> None:
        super().__init__(reason, status=status, code=code, request_id=request_id, body=body)
        self.reason = reason
        self.cure = cure


class Duplicate(ConnectorError):
    """The platform says it has this already: maybe ours, maybe an older post with the same words."""

    def __init__(
        self,
        message: str,
        *,
        remote_id: str | None = None,
        status: int | None = None,
        code: str = "",
        request_id: str = "",
        body: str = "",
    ) -> None:
        super().__init__(message, status=status, code=code, request_id=request_id, body=body)
        self.remote_id = remote_id


class Uncertain(ConnectorError):
    """We spoke and did not hear: it may or may not show. Never repeated blindly."""


class NotSupported(ConnectorError):
    """This platform (or this mode) cannot do that; never tried again."""


class Misconfigured(ConnectorError):
    """A setting of our own is wrong; the message names it and the cure."""
