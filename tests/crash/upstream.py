"""The sandbox as the driver sees it: what it was sent, and what it executed.

Two accounts of the same: its journal, and the invites that it keeps, asked for one by one.

Thread safety: `invites` and `invite_of` may be called from any thread, the rest from one.
"""

import collections
import json
import threading
import time
import urllib.error
import urllib.request

from history import Invite
from phases import Post
from plan import ALLOCATE

EXAMINATION = 119
LIST = "/api/v1/examinations"
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy that the environment names


class Upstream:
    def __init__(self, sandbox):
        self._sandbox = sandbox
        self._lock = threading.Lock()  # for the invites
        self._invites = []
        # The first of the ids, which are given in order.
        self._last_id = self._ask(ALLOCATE, {"candidate_email": "first@crash.example",
                                             "examination_id": EXAMINATION})["data"]["invite_id"]
        self.executed = collections.Counter()  # by e-mail, up to the last turn_over()
        sandbox.ask("DELETE", "journal")

    def set_faults(self, faults):
        self._sandbox.ask("PUT", "faults", list(faults))

    def posts(self):
        """The allocations that came since the last turn_over()."""
        return [Post(json.loads(request["body"])["candidate_email"] if request["body"] else "",
                     request["executed"], request["status"] != 0)
                for request in self._sandbox.requests() if request["path"] == ALLOCATE]

    def lists(self):
        """How many requests for the list of examinations came since the last turn_over()."""
        return sum(request["path"] == LIST for request in self._sandbox.requests())

    def turn_over(self):
        """posts(), which are counted and forgotten. Nobody may be sending any more."""
        posts = self._settled(self.posts)
        self._sandbox.ask("DELETE", "journal")
        self.executed.update(post.email for post in posts if post.executed)
        return posts

    def invites(self):
        """All that it has made."""
        with self._lock:
            self._settled(self._read_invites)
            return list(self._invites)

    def invite_of(self, email):
        """What an operator looks up in the portal: the id of the invite, or None."""
        return next((invite.invite_id for invite in self.invites() if invite.email == email), None)

    def _read_invites(self):
        while (report := self._ask("/api/v1/report", {"inviteId": self._last_id + 1})) is not None:
            self._last_id += 1
            self._invites.append(Invite(self._last_id, report["email"]))
        return len(self._invites)

    @staticmethod
    def _settled(read):
        """What `read` gives twice in a row: what was on its way into the sandbox before has then arrived."""
        last, now = None, read()
        while last != now:
            time.sleep(0.005)
            last, now = now, read()
        return now

    def _ask(self, path, body):
        """A request of our own to its API; the answer's JSON, None where it knows no such thing."""
        request = urllib.request.Request(
            f"http://{self._sandbox.address}{path}", method="POST", data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json",
                     "x-api-key": self._sandbox.key})
        try:
            with _opener.open(request) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 404:
                    raise
            return None
