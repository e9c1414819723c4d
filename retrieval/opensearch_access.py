"""How a cluster is reached: its address, who asks, and whose certificates are believed. No secret shows in a repr."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit


class BadAccess(ValueError):
    """The settings contradict each other, or would send a secret in the open. The message quotes none."""


@dataclass(frozen=True, slots=True)
class Access:
    """
    Args:
        urls: of nodes of the cluster, without credentials, all by http or all by https. One that does not answer is
            left alone for a while, and another asked.
        user: with its `password`: HTTP Basic.
        api_key: sent as `Authorization: ApiKey`.
        ca: the certificates that are believed, PEM; those of the system unless given.
    """

    urls: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    ca: Path | None = None

    def client_options(self) -> dict[str, Any]:
        """Return what the client takes. Certificates are always verified, the name in them too."""
        options: dict[str, Any] = {"hosts": list(self.urls)}
        if self.urls[0].startswith("https:"):
            options |= {"verify_certs": True} | ({"ca_certs": str(self.ca)} if self.ca else {})
        if self.user is not None:
            options["http_auth"] = (self.user, self.password)
        if self.api_key is not None:
            options["headers"] = {"Authorization": f"ApiKey {self.api_key}"}
        return options


def access_to(
    urls: str,
    user: str | None = None,
    password: str | None = None,
    api_key: str | None = None,
    ca: Path | None = None,
) -> Access:
    """Return the access to a cluster; credentials in its URLs count as `user` and `password`.

    Args:
        urls: one, or several with commas between them; a comma in a password is %2C.
    Raises:
        BadAccess
    """
    parts = [_parts(url.strip()) for url in urls.split(",")]
    schemes = {part.scheme for part in parts}
    said = {(unquote(part.username), unquote(part.password or "")) for part in parts if part.username is not None}
    if len(schemes) > 1 or len(said) > 1:
        raise BadAccess("the URLs of OpenSearch are all http or all https, with the same user")
    if said:
        if user is not None:
            raise BadAccess("a user stands in the URL of OpenSearch and beside it")
        user, password = said.pop()
    if (user is None) != (password is None):
        raise BadAccess("a user of OpenSearch and its password go together")
    if user is not None and api_key is not None:
        raise BadAccess("OpenSearch is asked either as a user or with an API key")
    if ca is not None and (schemes != {"https"} or not ca.is_file()):
        raise BadAccess("the certificates of OpenSearch need a URL of https, and must be a file")
    far = [part for part in parts if not _is_this_machine(part.hostname or "")]
    if schemes == {"http"} and far and (user is not None or api_key is not None):
        raise BadAccess("a secret of OpenSearch is sent to another machine by https only")
    plain = tuple(part._replace(netloc=part.netloc.rpartition("@")[2]).geturl() for part in parts)
    return Access(plain, user, password, api_key, ca)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = SplitResult("", "", "", "", ""), None
    if parts.scheme not in ("http", "https") or not host:
        raise BadAccess("the URL of OpenSearch is http://host:port or https://host:port")
    return parts


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
