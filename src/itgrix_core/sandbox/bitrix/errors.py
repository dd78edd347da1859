"""How the portal says no: one exception that carries HTTP status, code and text.

Clients of Bitrix24 decide by these three, so that they must be the portal's own. The system's errors are
named here with the wording of its page "error codes"; a method's own errors stand where they are raised.
"""

from __future__ import annotations


class RestError(Exception):
    """An answer `{"error": code, "error_description": text}` with this HTTP status."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(f"{status} {code}: {text}")
        self.status = status
        self.code = code
        self.text = text

    def body(self) -> dict[str, str]:
        """The JSON body; without a `time` block, as the real portal leaves it out of errors."""
        return {"error": self.code, "error_description": self.text}


def no_auth() -> RestError:
    """Neither token nor webhook code was given."""
    return RestError(401, "NO_AUTH_FOUND", "Wrong authorization data")


def invalid_credentials() -> RestError:
    """There is no such webhook."""
    return RestError(403, "INVALID_CREDENTIALS", "Invalid request credentials")


def invalid_token() -> RestError:
    """The token was never given out."""
    return RestError(401, "invalid_token", "Unable to get application by token")


def expired_token() -> RestError:
    """The token was good and is not any more: refresh it and repeat."""
    return RestError(401, "expired_token", "The access token provided has expired")


def insufficient_scope() -> RestError:
    """The webhook or application was not given the scope of this method."""
    return RestError(
        403, "insufficient_scope", "The request requires higher privileges than provided by the webhook token"
    )


def wrong_auth_type() -> RestError:
    """The method wants an application and was called by webhook."""
    return RestError(403, "WRONG_AUTH_TYPE", "Current authorization type is denied for this method")


def application_required() -> RestError:
    """The method tells about the calling application and there is none."""
    return RestError(403, "ACCESS_DENIED", "Access denied! Application context required")


def method_not_found() -> RestError:
    """No such method, or its module is not installed."""
    return RestError(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")


def query_limit_exceeded() -> RestError:
    """The bucket is full; the call was not executed."""
    return RestError(503, "QUERY_LIMIT_EXCEEDED", "Too many requests")


def batch_in_batch() -> RestError:
    """A batch cannot hold a batch."""
    return RestError(405, "ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage")


def batch_too_long() -> RestError:
    """The 51st command of a batch and those after it."""
    return RestError(400, "ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")


def classic(text: str) -> RestError:
    """An error of the classic crm.* methods: no code, the sentence tells all."""
    return RestError(400, "", text)


def missing(name: str) -> RestError:
    """An error of the newer methods: a required parameter is not there."""
    return RestError(400, "100", f"Could not find value for parameter {{{name}}}")
