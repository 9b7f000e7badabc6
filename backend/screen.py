"""Serves the built screen, and the plain page while there is none.

Looks again at every request: the screen may be built meanwhile.
"""

from pathlib import Path
from typing import Final

import anyio
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from backend.answers import error_answer

HERE: Final = Path(__file__).resolve().parent
BUILT: Final = HERE / "ui_dist"
PLAIN: Final = HERE / "plain_page"
RESERVED: Final = frozenset({"api", "ws", "metrics", "healthz", "readyz"})
"""First parts of paths that are never a page: what is unknown below them is a 404 in JSON."""
IMMUTABLE: Final = "public, max-age=31536000, immutable"


class Screen:
    """What answers when no route does: files, pages, and the 404 in JSON."""

    def __init__(self, built: Path = BUILT, plain: Path = PLAIN) -> None:
        self._index = anyio.Path(built / "index.html")
        self._built = StaticFiles(directory=built, check_dir=False)
        self._plain = StaticFiles(directory=plain)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "no such socket"})
            return
        answer = await self._answer(scope)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        path = str(scope["path"]).strip("/")
        first, _, rest = path.partition("/")
        if first.lower() in RESERVED:
            return error_answer(404, "not_found", f"there is no {scope['path'][:80]}", hint="docs/api.md lists every route")
        if scope["method"] not in ("GET", "HEAD"):
            return error_answer(405, "method_not_allowed", "pages can only be read", headers={"Allow": "GET, HEAD"})
        if first == "plain":
            return await self._file(self._plain, rest or "index.html", scope)
        if not await self._index.is_file():
            return await self._page_or_file(self._plain, path, scope)
        return await self._page_or_file(self._built, path, scope)

    async def _page_or_file(self, files: StaticFiles, path: str, scope: Scope) -> Response:
        """Serve a file where the path names one; any other path is a page of the screen, which draws it."""
        is_page = "." not in path.rpartition("/")[2] and path.partition("/")[0] != "assets"
        return await self._file(files, "index.html" if is_page else path, scope)

    async def _file(self, files: StaticFiles, path: str, scope: Scope) -> Response:
        try:
            answer = await files.get_response(path, scope)
        except HTTPException as missing:
            return error_answer(missing.status_code, "not_found", "there is no such file")
        answer.headers["Cache-Control"] = IMMUTABLE if path.startswith("assets/") else "no-cache"
        return answer
