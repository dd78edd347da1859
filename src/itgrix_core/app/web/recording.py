"""GET /recording/<token>/<name>: a recording to whoever has its link; in parts, as players ask for them.

Everything else is answered alike, whether the link was made up, revoked, too old, or its file is gone.
"""

from __future__ import annotations

from flask import Blueprint, Response, request, send_file

from itgrix_core.jobs.quiet import Quiet
from itgrix_core.recordings.links import PREFIX, LinkError, Links

TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg"}
_HEADERS = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
}


def recording_pages(links: Links) -> Blueprint:
    """The page."""
    pages = Blueprint("recording", __name__)
    quiet = Quiet()

    @pages.get(f"/{PREFIX}/<token>/<name>")
    def recording(token: str, name: str) -> Response:  # noqa: ARG001 - the name is for people
        try:
            path = links.file(token)
            response = send_file(path, TYPES[path.suffix.casefold()], conditional=True, max_age=None)
        except LinkError as error:
            quiet.warn(f"/{PREFIX}: refused: {error}", f"(from {request.remote_addr})")
            return Response(status=404)
        except OSError as error:
            quiet.warn(f"/{PREFIX}: a recording cannot be read ({error.strerror})")
            return Response(status=404)
        response.headers.update(_HEADERS)
        return response

    return pages
