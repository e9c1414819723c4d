"""The guard of every route: who calls, by which right, for which purpose. What no guard lets in stays out."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, get_args

import structlog
from fastapi import Depends, FastAPI, Header, Request
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.organisms import Identified, Organism, Organisms, Right
from api.probing import Watch
from api.quota import Quotas, TooMany
from api.visible import ALL_FIELDS
from api.watching import Seen, seen_of
from audit.ledger import Ledger
from audit.lines import AuditedCall, Consultation

OPEN_PATHS = frozenset(
    ("/health/live", "/health/ready", "/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"),
)
"""Routes that say nothing of a person or of the register."""

LOCAL = Organism("local", frozenset(get_args(Right)), frozenset(), ALL_FIELDS, None)
_PORT = re.compile(r":\d*$")
_LONGEST_AGENT = 64
_LONGEST_PATIENCE_S = 600
log = structlog.get_logger()


class UnknownCaller(Exception):
    """No key in force, and nobody trusted who vouches for the caller."""


class NotAllowed(Exception):
    """The caller is known and may not do this."""


class Unguarded(Exception):
    """A route of the application that has no guard: the service does not start."""


@dataclass(frozen=True, slots=True)
class TrustedHeader:
    """The header by which proxies say whom they authenticated (mTLS, OIDC), and the addresses of these proxies."""

    name: str
    proxies: frozenset[str]


@dataclass(frozen=True, slots=True)
class Control:
    """Access control that is on: all that it needs."""

    organisms: Organisms
    quotas: Quotas
    watch: Watch
    ledger: Ledger
    trusted: TrustedHeader | None = None

    def identified(self, request: Request, key: str | None) -> Identified:
        """Return who calls. Raises UnknownCaller, which does not say what was wrong."""
        found = self._vouched_for(request) or (self.organisms.by_key(key) if key else None)
        if found is None:
            raise UnknownCaller
        return found

    def _vouched_for(self, request: Request) -> Identified | None:
        if self.trusted is None or request.client is None or request.client.host not in self.trusted.proxies:
            return None
        subjects = request.headers.getlist(self.trusted.name)
        return self.organisms.by_subject(subjects[0]) if len(subjects) == 1 else None


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in. `control` is None when access control is off: all is allowed, nothing is audited."""

    organism: Organism
    operation: str
    seen: Seen
    purpose: str = ""
    key: str | None = None
    agent: str | None = None
    control: Control | None = None

    def may(self, right: Right) -> bool:
        return right in self.organism.rights

    async def admit(self, questions: int, patiently: bool = False) -> None:
        """Count questions against the quota, before they are asked.

        Args:
            patiently: wait for the rate instead of refusing: a stream whose answers already flow.
        Raises:
            TooMany
        """
        if self.control is None or self.organism.limits is None:
            return None
        while True:
            try:
                return self.control.quotas.spend(self.organism.name, self.organism.limits, questions)
            except TooMany as refused:
                if not patiently or refused.retry_after_s > _LONGEST_PATIENCE_S:
                    raise
                await asyncio.sleep(refused.retry_after_s)

    def count(self, questions: int) -> None:
        """Count against the quota what is asked in any case."""
        if self.control is not None and self.organism.limits is not None and questions:
            self.control.quotas.spend(self.organism.name, self.organism.limits, questions, may_overdraw=True)

    async def audit(
        self,
        consultations: Iterable[Consultation],
        alerts: dict[str, int] | None = None,
        changes: dict[str, int] | None = None,
    ) -> None:
        """Return once the audit has what was consulted; only then may the answers leave. Raises AuditUnavailable."""
        if self.control is None:
            return
        who = (self.organism.name, self.key, self.agent, self.purpose, self.operation)
        line = AuditedCall(*who, tuple(consultations), alerts, changes)
        await self.control.ledger.write(line)


class Guard:
    """A dependency of a route: it lets a caller in who has a right, or any known caller when the right is None.

    A purpose is for consulting persons; only what consults nobody needs none.
    """

    def __init__(self, right: Right | None, needs_purpose: bool = True) -> None:
        self.right = right
        self.needs_purpose = needs_purpose

    async def __call__(
        self,
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
        x_purpose: Annotated[str | None, Header(description="Why: one of the purposes of the organism.")] = None,
        x_agent: Annotated[str | None, Header(description="Who, of the organism: at most 64 characters.")] = None,
    ) -> Call:
        operation = str(request.scope["route"].path)
        control: Control | None = request.app.state.control
        if control is None:
            _refuse_beyond_loopback(request)
            return Call(LOCAL, operation, seen_of(request))
        try:
            known = control.identified(request, bearer.credentials if bearer else None)
        except UnknownCaller:
            log.warning("access_refused", operation=operation, reason="unknown_caller")
            raise
        reason = self._why_not(known.organism, x_purpose, x_agent)
        if reason:
            log.warning("access_refused", operation=operation, organism=known.organism.name, reason=reason)
            raise NotAllowed(reason)
        return Call(known.organism, operation, seen_of(request), x_purpose or "", known.key, x_agent, control)

    def _why_not(self, organism: Organism, purpose: str | None, agent: str | None) -> str | None:
        if self.right is not None and self.right not in organism.rights:
            return f"This needs the right {self.right}."
        if self.needs_purpose and purpose not in organism.purposes:
            return "This needs a purpose of the organism, in X-Purpose."
        if agent is not None and not (len(agent) <= _LONGEST_AGENT and agent.isprintable()):
            return "X-Agent is longer than allowed, or not printable."
        return None


IdentifyCall = Annotated[Call, Depends(Guard("identify"))]
VerifyCall = Annotated[Call, Depends(Guard("verify"))]
ExplainCall = Annotated[Call, Depends(Guard("explain"))]
BulkCall = Annotated[Call, Depends(Guard("bulk"))]
AdminCall = Annotated[Call, Depends(Guard("admin"))]
MetricsCall = Annotated[Call, Depends(Guard("metrics", needs_purpose=False))]
KnownCall = Annotated[Call, Depends(Guard(None))]


def refuse_unguarded(app: FastAPI) -> None:
    """Check every route of an application, once all are added.

    Raises:
        Unguarded: one of them has no guard, and is not among those open to all.
    """
    for route in app.routes:
        path = getattr(route, "path", repr(route))
        if path not in OPEN_PATHS and not (isinstance(route, APIRoute) and is_guarded(route)):
            raise Unguarded(f"{path} has no guard")


def is_guarded(route: APIRoute) -> bool:
    return any(isinstance(dependency.call, Guard) for dependency in route.dependant.dependencies)


def _refuse_beyond_loopback(request: Request) -> None:
    """Without access control nothing is answered on an address that others can reach, however it came to listen."""
    server = request.scope.get("server")
    if request.app.state.settings.open or not server:
        return
    if not _may_be_loopback(str(server[0])):
        raise NotAllowed("Access control is off: only callers of this machine are answered.")
    if not _is_local_name(request.headers.get("host", ""), str(server[0])):
        raise NotAllowed("Access control is off: the service is asked as localhost, or by its address.")


def _is_local_name(host: str, server: str) -> bool:
    """A page of the web may give its own name the address of this machine; its browser still says the name."""
    name = _PORT.sub("", host).removeprefix("[").removesuffix("]").lower()
    try:
        return name in ("localhost", server) or ip_address(name).is_loopback
    except ValueError:
        return False


def _may_be_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return True  # a socket file, or a name where nothing listens
