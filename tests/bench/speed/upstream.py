"""The stand-in for Concero: an nginx that gives the same answers at once, or after a delay, and counts.

It has one path for each kind of upstream, so that one process serves everybody.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import signal
import socket
import threading
import time
import urllib.request

import processes

_CONFIG = """\
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
daemon off;
master_process off;
pid "{directory}/nginx.pid";
error_log "{directory}/nginx.log" warn;
events {{ worker_connections {connections}; }}
http {{
  sendfile on;
  access_log off;
  default_type application/json;
  keepalive_timeout 300s;
  keepalive_requests 100000000;
  client_body_temp_path "{directory}/body";
  proxy_temp_path "{directory}/proxy";
  fastcgi_temp_path "{directory}/fastcgi";
  uwsgi_temp_path "{directory}/uwsgi";
  scgi_temp_path "{directory}/scgi";
  server {{
    listen 127.0.0.1:{port} backlog=16384;
    location = /count {{ stub_status; }}
{locations}  }}
}}
"""

_LOCATIONS = """\
    location = {path}/examinations {{ alias "{directory}/examinations-{examinations}.json"; }}
    location = {path}/report {{ echo_read_request_body; {delay} echo -n '{report}'; }}
    location = {path}/allocate-candidate {{
      echo_read_request_body; echo_status 201; {delay} echo -n '{invitation}';
    }}
"""

REPORT = {
    "inviteId": "142", "testId": "119", "testName": "Technology - Email Test", "email": "arjun.mehta@company.io",
    "reportURL": "https://beta-consero.ipixsolutions.net/report/142",
    "proctoringURL": "https://beta-consero.ipixsolutions.net/report/proctoring/142",
    "score": 74, "totalScore": 100, "percentage": 74.0,
    "testStartDate": "2024-07-15T09:02:14.00Z", "testEndDate": "2024-07-15T10:24:08.00Z", "status": "Pass",
    "metadata": {"mode_of_completion": "web"}}

INVITATION = {
    "success": True, "message": "Candidate allocated to examination successfully.",
    "data": {"candidate_email": "arjun.mehta@company.io", "examination_id": 119, "invite_id": 142,
             "invite_link": "https://beta-consero.ipixsolutions.net/exam/start/A3bkXYZ0123456789"}}

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy that the environment names


@dataclasses.dataclass(frozen=True)
class Kind:
    """How one kind of upstream answers; `seconds` is the delay of reports and allocations."""
    name: str
    seconds: float = 0
    examinations: int = 20

    @property
    def path(self):
        return f"/{self.name}/api/v1"


def examinations(count):
    return [{"testId": 100 + i, "testName": f"Technology - Email Test {i}"} for i in range(count)]


def config(directory, port, connections, kinds):
    """nginx's configuration. Pure."""
    locations = "".join(
        _LOCATIONS.format(path=kind.path, directory=directory, examinations=kind.examinations,
                          delay=f"echo_sleep {kind.seconds:g};" if kind.seconds else "",
                          report=_compact(REPORT), invitation=_compact(INVITATION))
        for kind in kinds)
    return _CONFIG.format(directory=directory, port=port, connections=connections, locations=locations)


def _compact(value):
    return json.dumps(value, separators=(",", ":"))


def _free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Upstream:
    """Serves from the moment it is made until the end of its block. Thread safety: one thread at a time."""

    def __init__(self, directory, kinds, connections):
        self._directory = pathlib.Path(directory)
        for count in {kind.examinations for kind in kinds}:
            file = self._directory / f"examinations-{count}.json"
            file.write_text(_compact(examinations(count)))
        self._address = f"127.0.0.1:{_free_port()}"
        text = config(directory, self._address.split(":")[1], connections, kinds)
        (self._directory / "nginx.conf").write_text(text)
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if not program:
            raise processes.ProgramError("no nginx here; ./dev bench installs it (Debian's nginx-light)")
        self._process = processes.launch([program, "-p", directory, "-e", f"{directory}/nginx.log",
                                          "-c", f"{directory}/nginx.conf"], directory)
        self._asked = 0
        try:
            self._await()
        except BaseException:
            self.stop()
            raise

    def base_url(self, kind):
        return f"http://{self._address}{kind.path}"

    def served(self):
        """How many requests have reached it, ours left out."""
        return self._count()[0]

    def under_way(self):
        """How many requests it has and has not answered yet, ours left out."""
        return self._count()[1]

    def _count(self):
        self._asked += 1
        with _opener.open(f"http://{self._address}/count", timeout=10) as answer:
            words = answer.read().split()  # … requests is the tenth; Reading: N Writing: N Waiting: N
        return int(words[9]) - self._asked, int(words[13]) - 1

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()
        self._process.stdout.close()

    def _await(self):
        end = time.monotonic() + 20
        while True:
            try:
                self.served()
                return
            except OSError:
                self._asked = 0
                if self._process.poll() is not None or time.monotonic() > end:
                    said = (self._directory / "nginx.log").read_text(errors="replace")
                    raise processes.ProgramError(f"nginx does not serve:\n{said}") from None
                time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Most:
    """In its block: looks ten times a second how many requests are under way; then `seen` is the most."""

    def __init__(self, upstream):
        self._upstream = upstream
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.seen = 0

    def _look(self):
        while not self._over.wait(0.1):
            self.seen = max(self.seen, self._upstream.under_way())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
