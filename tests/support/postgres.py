"""A PostgreSQL server of the test's own: on a free loopback port, its data in a temporary directory.

What is started here does not outlive the Python thread that started it, however that ends.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from lifetime import bound

_PATIENCE = 120  # seconds after which something counts as hanging

# What pg_ctl stop sends, by the name of its mode.
_STOPS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class PostgresError(Exception):
    """The server's programs are not there, or it does not do what was asked; the message has what it said."""


class Postgres:
    """A running server. It survives its own crashes, not the machine's: nothing waits for the disk."""

    def __init__(self):
        self._programs = _programs()
        self._process = None
        # The server refuses to be root, and then needs a directory of its own user's.
        self._user = "postgres" if os.geteuid() == 0 else None
        self._directory = tempfile.mkdtemp(prefix="postgres-")
        try:
            if self._user:
                shutil.chown(self._directory, self._user, self._user)
            self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C",
                      "--no-sync", **self._as_user())
            self._start_on_a_free_port()
        except BaseException:
            self.close()
            raise

    def url(self, database="postgres", port=None):
        """`port`: of what stands in front of the server; its own otherwise."""
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/{database}"

    def start(self):
        """Starts it on the port that it had, and returns when it takes connections."""
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                bound([self._programs / "postgres", "-D", self._data, "-k", self._directory, "-h", "127.0.0.1",
                       "-p", self.port, "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=40"],
                      "QUIT"),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                **self._as_user())
        give_up = time.monotonic() + _PATIENCE
        ready = [self._programs / "pg_isready", "-q", "-h", self._directory, "-p", str(self.port)]
        while subprocess.run(ready, check=False, env=_environment()).returncode != 0:
            if self._process.poll() is not None or time.monotonic() > give_up:
                self.stop("immediate")
                raise PostgresError(f"postgres does not start:\n{self._log.read_text(errors='replace')}")
            time.sleep(0.02)

    def stop(self, mode="fast"):
        """Ends it as `pg_ctl stop -m MODE` does; `immediate` is a crash, from which start() recovers."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(_STOPS[mode])
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def query(self, sql, database="postgres"):
        """The rows of a SELECT, each a dictionary by column."""
        return json.loads(self._psql(f"SELECT coalesce(json_agg(r), '[]') FROM ({sql}) r;", database))

    def execute(self, sql, database="postgres"):
        """One statement that is not asked for rows."""
        self._psql(sql, database)

    def create_database(self, name):
        self._psql(f'CREATE DATABASE "{name}"', "postgres")

    def close(self):
        """Ends it and removes what it wrote."""
        self.stop("immediate")  # which leaves nothing to be saved
        shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def _data(self):
        return os.path.join(self._directory, "data")

    @property
    def _log(self):
        return pathlib.Path(self._directory, "postgres.log")

    def _start_on_a_free_port(self):
        for attempts_left in reversed(range(5)):
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
            try:
                return self.start()
            except PostgresError:  # somebody may have taken the port meanwhile
                if not attempts_left:
                    raise

    def _psql(self, sql, database):
        return self._run("psql", "-h", self._directory, "-p", str(self.port), "-U", "postgres", "-XqAt",
                         "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-", input=sql)

    def _as_user(self):
        alone = {"cwd": self._directory, "env": _environment()}
        if self._user:
            alone.update(user=self._user, group=self._user, extra_groups=[])
        return alone

    def _run(self, program, *arguments, **options):
        options.setdefault("env", _environment())
        done = subprocess.run([self._programs / program, *arguments], check=False, text=True, capture_output=True,
                              timeout=_PATIENCE, **options)
        if done.returncode != 0:
            raise PostgresError(f"{program} ended with exit code {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout


def _programs():
    """Where the newest version's programs are: Debian keeps them off PATH."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    if on_path is None:
        raise PostgresError("no PostgreSQL here; ./dev test installs it (Debian's postgresql)")
    return pathlib.Path(on_path).resolve().parent


def _environment():
    """Ours, without what it says about other servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
