"""As much of a cluster as kubectl asks for in the runbook: two pods, their logs, and the Secret with the keys.

There is no cluster where tests run, so this answers kubectl in its stead; kubectl is the real one, and reads the paths,
selectors and patches that the runbook has it send. Only `concero-gateway-0` is a gateway, the one of a try; the other
replica is there to be passed over.

Thread safety: one thread makes and closes it; requests are answered by threads of their own.
"""

import base64
import http.server
import json
import pathlib
import threading
import time
import urllib.parse

NAMESPACE = "concero"
_LABELS = {"app.kubernetes.io/name": "concero-gateway"}
_API = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
        {"name": name, "singularName": kind.lower(), "namespaced": True, "kind": kind, "verbs": ["get", "list", "patch"]}
        for name, kind in (("pods", "Pod"), ("events", "Event"), ("secrets", "Secret"))]},
}
_SECRET = {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "concero-gateway-keys", "namespace": NAMESPACE}}
# What a key of the Secret is called where the gateway of a try reads it.
_FILES = {"concero-api-key": "concero.key"}


class Refused(Exception):
    """With the status and what is wrong."""


class Cluster:
    """`write_key(text, file)` does what the kubelet does once a Secret has changed."""

    def __init__(self, directory, write_key):
        self._directory, self._write_key = pathlib.Path(directory), write_key
        self._before = self._began = 0  # where in the log the process before begins, and this one
        self._starts, self._runs, self._exit_code = 0, False, None  # the code of the last one that ended
        cluster = self

        class Handler(_Handler):
            answers = cluster

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        self.kubeconfig = self._directory / "kubeconfig.json"
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "try",
            "clusters": [{"name": "try", "cluster": {"server": "http://127.0.0.1:%d" % self._server.server_port}}],
            "contexts": [{"name": "try", "context": {"cluster": "try", "user": "try"}}],
            "users": [{"name": "try", "user": {}}]}))

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def started(self):
        """The process of the try has; what it logs from now on is the container's log."""
        self._before, self._began = self._began, self._length()
        self._starts, self._runs = self._starts + 1, True

    def ended(self, exit_code):
        self._runs, self._exit_code = False, exit_code

    # What kubectl asks.

    def get(self, path, query):
        if path in _API:
            return _API[path]
        collection, _, rest = path.removeprefix(f"/api/v1/namespaces/{NAMESPACE}/").partition("/")
        if collection == "events":
            return {"kind": "EventList", "apiVersion": "v1", "metadata": {}, "items": []}
        if (collection, rest) == ("secrets", _SECRET["metadata"]["name"]):
            return _SECRET
        if collection != "pods":
            raise Refused(404, f"{path} is not there")
        name, _, rest = rest.partition("/")
        pods = {pod["metadata"]["name"]: pod for pod in (self._pod(), _other_pod())}
        if not name:
            selector = dict(pair.split("=") for pair in query.get("labelSelector", "").split(",") if pair)
            return {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"},
                    "items": [pod for pod in pods.values() if selector.items() <= pod["metadata"]["labels"].items()]}
        if name not in pods or rest not in ("", "log"):
            raise Refused(404, f"{path} is not there")
        return self._log(name, query) if rest else pods[name]

    def patch(self, path, change):
        secret = self.get(path, {})
        for name, text in change["data"].items():
            self._write_key(base64.b64decode(text, validate=True).decode(), _FILES[name])
        return secret

    def _log(self, pod, query):
        if query.get("container") != "gateway":
            raise Refused(400, "a container name must be specified")
        lines = self._container(pod, query.get("previous") == "true").decode(errors="replace").splitlines(keepends=True)
        return "".join(lines[-int(query.get("tailLines", len(lines))):])

    def _container(self, pod, previous):
        """The log of the container that runs, or of the one before; with none that runs, of the last."""
        is_ours = pod == "concero-gateway-0"
        if previous and not (is_ours and self._exit_code is not None):
            raise Refused(400, f'previous terminated container "gateway" in pod "{pod}" not found')
        text = self._text() if is_ours else b""
        if not previous or not self._runs:
            return text[self._began:]
        return text[self._before:self._began]

    def _pod(self):
        state = {"running": {"startedAt": _now()}} if self._runs else {"waiting": {"reason": "CrashLoopBackOff"}}
        last = {} if self._exit_code is None else {"terminated": _terminated(self._exit_code)}
        return _pod("concero-gateway-0", state, last, max(0, self._starts - 1))

    def _text(self):
        path = self._directory / "gateway.log"
        return path.read_bytes() if path.is_file() else b""

    def _length(self):
        return len(self._text())


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        self._answer(lambda: self.answers.get(url.path, dict(urllib.parse.parse_qsl(url.query))))

    def do_PATCH(self):
        change = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(lambda: self.answers.patch(urllib.parse.urlsplit(self.path).path, change))

    def _answer(self, ask):
        status = 200
        try:
            said = ask()
        except Refused as refused:
            status, why = refused.args
            said = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": why, "code": status}
        body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if isinstance(said, str) else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def _other_pod():
    return _pod("concero-gateway-1", {"running": {"startedAt": _now()}}, {}, 0)


def _pod(name, state, last, restarts):
    ready = "running" in state
    return {"kind": "Pod", "apiVersion": "v1",
            "metadata": {"name": name, "namespace": NAMESPACE, "labels": _LABELS, "creationTimestamp": _now()},
            "spec": {"nodeName": "node", "containers": [{"name": "gateway", "image": "concero-gateway"}]},
            "status": {"phase": "Running", "podIP": "127.0.0.1", "conditions": [
                {"type": "Ready", "status": str(ready)}], "containerStatuses": [
                    {"name": "gateway", "image": "concero-gateway", "imageID": "", "ready": ready, "state": state,
                     "lastState": last, "restartCount": restarts}]}}


def _terminated(exit_code):
    return {"exitCode": exit_code, "reason": "Error", "startedAt": _now(), "finishedAt": _now()}


def _now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
