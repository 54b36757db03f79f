import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.osrm import OsrmMissing, running_osrm

Respond = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture(scope="session")
def osrm_url() -> Iterator[str]:
    """Address of a real osrm-routed with Helsinki's roads and its default limits."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(running_osrm())
        except OsrmMissing as error:
            pytest.skip(f"no OSRM server here (python -m tests.osrm prepares it): {error}")
        yield url


@pytest.fixture
def serve() -> Iterator[Callable[[Respond], str]]:
    """Start a local HTTP server that lets a function answer each GET; return its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(respond: Respond) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                respond(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def answer() -> Callable[..., Respond]:
    """Make a responder that always gives one answer."""

    def make(body: str | bytes, status: int = 200, content_type: str = "application/json") -> Respond:
        data = body.encode() if isinstance(body, str) else body

        def respond(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            request.send_header("Content-Type", content_type)
            request.send_header("Content-Length", str(len(data)))
            request.end_headers()
            request.wfile.write(data)

        return respond

    return make
