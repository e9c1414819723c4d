"""OpenSearch behind TLS and credentials, as a production cluster is: a small proxy before a real server."""

import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import trustme
from aiohttp import web

USER, PASSWORD, API_KEY = "sngi", "pa:ss/w@rd é%25", "Zm9vOmJhcg=="
BASIC = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode("latin-1")).decode()


@asynccontextmanager
async def secured(target: str, authority: trustme.CA, *accepted: str) -> AsyncIterator[str]:
    """Yield the https URL of a proxy that passes on what comes with one of the accepted `Authorization` headers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    async with aiohttp.ClientSession() as session:

        async def pass_on(request: web.Request) -> web.StreamResponse:
            if request.headers.get("authorization") not in accepted:
                said = request.headers.get("authorization", "nothing")
                return web.Response(status=401, text=f"<html>{said} is not accepted</html>", content_type="text/html")
            headers = {name: request.headers[name] for name in ("content-type",) if name in request.headers}
            async with session.request(
                request.method, target + request.raw_path, data=await request.read(), headers=headers
            ) as reply:
                return web.Response(status=reply.status, body=await reply.read(), content_type=reply.content_type)

        app = web.Application(client_max_size=100_000_000)
        app.router.add_route("*", "/{path:.*}", pass_on)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "localhost", 0, ssl_context=context)
        await site.start()
        try:
            yield f"https://localhost:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
