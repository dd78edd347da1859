"""How the portal says no: one exception that carries HTTP status, code and text.

Clients of Bitrix24 decide by these three, so that they must be the portal's own. The system's errors are
named here with the wording of its page "error codes"; a method's own errors stand where they are raised.
"""

from __future__ import annotations


class RestError(Exception):
    """An answer `{"error": code, "error_description": text}` with this HTTP status.

    A redirect has its `location`; the error of the OAuth server may have no text at all.
    """

    def __init__(self, status: int, code: str, text: str, location: str = "") -> None:
        super().__init__(f"{status} {code}: {text}")
        self.status = status
        self.code = code
        self.text = text
        self.location = location

    def body(self) -> dict[str, str]:
        """The JSON body; without a `time` block, as the real portal leaves it out of errors."""
        return {"error": self.code, "error_description": self.text}


SYSTEM = {
    "ERROR_BATCH_LENGTH_EXCEEDED": (400, "Max batch length exceeded"),
    "ERROR_BATCH_METHOD_NOT_ALLOWED": (405, "Method is not allowed for batch usage"),
    "ERROR_MANIFEST_IS_NOT_AVAILABLE": (404, "Manifest is not available"),
    "ERROR_METHOD_NOT_FOUND": (404, "Method not found!"),
    "ERROR_OAUTH": (401, "Application not installed"),
    "ERROR_UNEXPECTED_ANSWER": (500, "Server returned an unexpected response"),
    "INTERNAL_SERVER_ERROR": (500, "Internal server error"),
    "INVALID_CREDENTIALS": (403, "Invalid request credentials"),
    "INVALID_REQUEST": (400, "Https required"),
    "METHOD_CONFIRM_DENIED": (403, "Method call denied"),
    "METHOD_CONFIRM_WAITING": (401, "Waiting for confirmation"),
    "NO_AUTH_FOUND": (401, "Wrong authorization data"),
    "OPERATION_TIME_LIMIT": (429, "Method is blocked due to operation time limit"),
    "OVERLOAD_LIMIT": (503, "REST API is blocked due to overload"),
    "PORTAL_DELETED": (500, "Portal was deleted"),
    "QUERY_LIMIT_EXCEEDED": (503, "Too many requests"),
    "ACCESS_DENIED": (403, "REST API is available only on commercial plans"),
    "WRONG_AUTH_TYPE": (403, "Current authorization type is denied for this method"),
    "expired_token": (401, "The access token provided has expired"),
    "insufficient_scope": (403, "The request requires higher privileges than provided by the webhook token"),
    "invalid_token": (401, "Unable to get application by token"),
    "user_access_error": (403, "The user does not have access to the application"),
}
"""The errors that any method may answer, by code: HTTP status and text."""


def system(code: str) -> RestError:
    """A system error by its code."""
    status, text = SYSTEM[code]
    return RestError(status, code, text)


def no_auth() -> RestError:
    """Neither token nor webhook code was given."""
    return system("NO_AUTH_FOUND")


def invalid_credentials() -> RestError:
    """There is no such webhook."""
    return system("INVALID_CREDENTIALS")


def invalid_token() -> RestError:
    """The token was never given out."""
    return system("invalid_token")


def not_installed() -> RestError:
    """The application was removed from the portal."""
    return system("ERROR_OAUTH")


def expired_token() -> RestError:
    """The token was good and is not any more: refresh it and repeat."""
    return system("expired_token")


def insufficient_scope() -> RestError:
    """The webhook or application was not given the scope of this method."""
    return system("insufficient_scope")


def wrong_auth_type() -> RestError:
    """The method wants an application and was called by webhook."""
    return system("WRONG_AUTH_TYPE")


def operation_time_limit() -> RestError:
    """The method was executed for too long within ten minutes; other methods go on."""
    return system("OPERATION_TIME_LIMIT")


def plan_without_rest() -> RestError:
    """The portal's plan has no REST."""
    return system("ACCESS_DENIED")


def admin_required() -> RestError:
    """The method is for the portal's administrators."""
    return RestError(403, "ACCESS_DENIED", "Access denied!")


def moved(status: int, address: str) -> RestError:
    """The portal was renamed: the answer is a redirect to the same method at its new address."""
    return RestError(status, "", "", address)


def application_required() -> RestError:
    """The method tells about the calling application and there is none."""
    return RestError(403, "ACCESS_DENIED", "Access denied! Application context required")


def method_not_found() -> RestError:
    """No such method, or its module is not installed."""
    return system("ERROR_METHOD_NOT_FOUND")


def query_limit_exceeded() -> RestError:
    """The bucket is full; the call was not executed."""
    return system("QUERY_LIMIT_EXCEEDED")


def batch_in_batch() -> RestError:
    """A batch cannot hold a batch."""
    return system("ERROR_BATCH_METHOD_NOT_ALLOWED")


def batch_too_long() -> RestError:
    """The 51st command of a batch and those after it."""
    return system("ERROR_BATCH_LENGTH_EXCEEDED")


def classic(text: str) -> RestError:
    """An error of the classic crm.* methods: no code, the sentence tells all."""
    return RestError(400, "", text)


def missing(name: str) -> RestError:
    """An error of the newer methods: a required parameter is not there."""
    return RestError(400, "100", f"Could not find value for parameter {{{name}}}")
