"""Three OpenSearch nodes in two processes, of which the second can be killed: a cluster that loses a node.

    python -m devtools.opensearch_cluster [--heap 512m]

The runner lets a process of one node join nobody, and the first node of each process makes a cluster of its own. So
the first process has two nodes, enough to go on without the third; in the second one the first node stays alone and
the second joins the first process.
"""

import argparse
import json
import time
import urllib.request
from contextlib import ExitStack
from functools import partial
from typing import Any, Self

from devtools.opensearch_server import OpenSearchServer, end_with_sigterm, stay
from devtools.serving import free_port

_JOINED_WITHIN_S = 60


class OpenSearchCluster:
    """`stays` has two of the nodes, `leaves` the third: nodes have an attribute `process` that says so."""

    def __init__(self, heap: str = "512m", is_brief: bool = False) -> None:
        self._started, name = ExitStack(), "sngi-three-nodes"
        transport = self._started.enter_context(free_port())
        first: dict[str, object] = {"transport.port": transport, "discovery.seed_hosts": []}
        joining: dict[str, object] = {"discovery.seed_hosts": [f"127.0.0.1:{transport}"]}
        staying: dict[str, object] = {"node.attr.process": "stays"}
        leaving: dict[str, object] = {"node.attr.process": "leaves"}
        servers = partial(OpenSearchServer, heap=heap, cluster=name, is_brief=is_brief)
        self.stays = servers(nodes=[first | staying, joining | staying])
        alone: dict[str, object] = {"discovery.seed_hosts": []}
        self.leaves = servers(nodes=[alone, joining | leaving])

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.stays)
            stack.enter_context(self.leaves)
            self.wait_for("wait_for_nodes=3")
            self._started.push(stack.pop_all())
        return self

    def __exit__(self, *_: object) -> None:
        self._started.close()

    def wait_for(self, state: str) -> None:
        """Wait until the cluster is as `_cluster/health` is asked for it. Raises TimeoutError."""
        health = self.ask("GET", f"/_cluster/health?{state}&timeout={_JOINED_WITHIN_S}s")
        if health["timed_out"]:
            raise TimeoutError(f"the cluster never was: {state}")

    def urls(self) -> dict[str, str]:
        """Return the address of a node of each process: `stays` and `leaves`."""
        until = time.monotonic() + _JOINED_WITHIN_S
        while True:
            nodes = self.ask("GET", "/_nodes/http")["nodes"].values()
            if all("http" in node and "process" in node["attributes"] for node in nodes) or time.monotonic() > until:
                break
            time.sleep(0.1)  # a node joins before it listens
        return {node["attributes"]["process"]: f"http://{node['http']['publish_address']}" for node in nodes}

    def ask(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.stays.url + path, data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=_JOINED_WITHIN_S + 5) as reply:
            return json.load(reply)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--heap", default="512m", help="of each process")
    arguments = parser.parse_args()
    end_with_sigterm()
    with OpenSearchCluster(arguments.heap) as cluster:
        print(f"SNGI_OPENSEARCH_URL={','.join(cluster.urls().values())}", flush=True)
        stay()


if __name__ == "__main__":
    main()
