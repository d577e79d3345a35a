"""The two stores of a ledger: how a gateway is told of them, and what is in them."""

import pathlib
import shutil
import sqlite3
import tempfile

from postgres import PostgresError

from history import Row
from patience import PATIENCE, wait_for

LEASE = 2  # seconds; longer than the gateways' timeout of Concero, as their configuration wants it
_SELECT = "SELECT request_id, candidate_email, state, attempt, invite_id FROM allocations"


class SqliteStore:
    def __init__(self, directory):
        self._path = pathlib.Path(directory, "ledger.db")

    def config(self, _name):
        return f'{{sqlite: {{path: "{self._path}", lock_timeout: 5s}}}}'

    def rows(self, emails=None):
        """Those of `emails`, or all. No gateway may be running: a copy is read, so that its files stay as they are."""
        with tempfile.TemporaryDirectory() as copy:
            for suffix in ("", "-wal"):
                file = self._path.with_name(self._path.name + suffix)
                if file.exists():
                    shutil.copy(file, copy)
            database = sqlite3.connect(pathlib.Path(copy, self._path.name))
            try:
                return _rows(database.execute(_SELECT + _where(emails)))
            except sqlite3.OperationalError as error:
                if "no such table" not in str(error):
                    raise
                return []  # the gateway was killed before its first start was complete
            finally:
                database.close()

    def wait_until_left(self, name):
        """Until `name`, which is gone, has written its last."""


class PostgresStore:
    def __init__(self, server, database, directory, lease=LEASE, port=None):
        """`port`: where gateways reach the server, if that is not the server's own."""
        self._server, self._database, self._lease = server, database, lease
        self._url = server.url(database, port)
        self._directory = directory
        server.create_database(database)

    def config(self, name):
        """That of gateway `name`, by which the server knows it, too."""
        url_file = pathlib.Path(self._directory, f"{name}.url")
        url_file.touch(mode=0o600)
        url_file.write_text(f"{self._url}?application_name={name}")
        return f'{{postgres: {{url_file: "{url_file}"}}, lease: {self._lease}s}}'

    def rows(self, emails=None):
        """Those of `emails`, or all."""
        try:
            found = self._server.query(_SELECT + _where(emails), self._database)
        except PostgresError as error:
            if 'relation "allocations" does not exist' not in str(error):
                raise
            return []
        return _rows(tuple(row.values()) for row in found)

    def name_owners(self, name):
        """From now on the leases say whose they are. Of those that there are all are of gateway `name`."""
        self._server.execute("ALTER TABLE owners ADD COLUMN gateway text NOT NULL"
                             " DEFAULT current_setting('application_name')", self._database)
        self._server.execute(f"UPDATE owners SET gateway = '{name}'", self._database)

    def owned(self, emails):
        """The rows of `emails` that a gateway with a lease has or had, with its name: a list of pairs."""
        found = self._server.query("SELECT request_id, candidate_email, state, attempt, invite_id, gateway"
                                   f" FROM allocations JOIN owners ON owners.id = owner{_where(emails)}",
                                   self._database)
        return [(row.pop("gateway"), *_rows([tuple(row.values())])) for row in found]

    def pending(self):
        """How many rows are."""
        return self._server.query("SELECT count(*) AS rows FROM allocations WHERE state = 'PENDING'",
                                  self._database)[0]["rows"]

    def now(self):
        """By the server's clock, as text of SQL."""
        return self._server.query("SELECT clock_timestamp() AS now")[0]["now"]

    def renewed(self, since):
        """The names of the gateways that have taken or renewed their lease since now() was `since`."""
        found = self._server.query(f"SELECT gateway FROM owners WHERE lease_until - interval '{self._lease} s'"
                                   f" > '{since}'", self._database)
        return {row["gateway"] for row in found}

    def wait_until_left(self, name, patience=PATIENCE):
        """Until the server has finished what `name`, which is gone, had sent it; or Stuck, after `patience` seconds."""
        sessions = ("SELECT pid FROM pg_stat_activity "
                    f"WHERE datname = '{self._database}' AND application_name = '{name}'")
        wait_for(f"end of what {name} had sent to the server", lambda: not self._server.query(sessions), 0.01, patience)


def _where(emails):
    if emails is None:
        return ""
    quoted = ", ".join(f"'{email}'" for email in sorted(emails))
    return f" WHERE candidate_email IN ({quoted or 'NULL'})"


def _rows(found):
    return [Row(request_id, email, state, attempt, invite_id or 0)
            for request_id, email, state, attempt, invite_id in found]
