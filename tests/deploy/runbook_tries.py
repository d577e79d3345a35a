"""How a fault is caused, and how its section of the runbook is followed until the alert clears: calls and upstreams.

Each function is a try: it gets a Try (runbook_test.py), whose `seen` waits for the alerts and runs what confirms them,
whose `do` runs a block of the runbook, and whose `gone` waits until they have cleared.
"""

import contextlib
import json
import threading

from metrics_stand import make_certificate

ALLOCATE = "/api/v1/allocate-candidate"
REPORT = "/api/v1/report*"
LIST = "/api/v1/examinations"
_FIRST_INVITE = 142  # of a fresh sandbox
_NO_BREAKER = "  breaker: {min_calls: 100000}\n"
_SENT_ONCE = "  retry: {max_attempts: 1}\n"
TRIES = {}


def attempt(cause, *alerts, sections):
    """Registers a try: what it causes, the alerts (without their prefix) and the sections that are followed."""
    def register(function):
        name = function.__name__.replace("_", "-")
        TRIES[name] = (function, cause, {"ConceroGateway" + alert for alert in alerts}, sections)
        return function
    return register


@attempt("connections reset after execution, then 502s, of 12 allocations", "AllocationInDoubt",
         "ManyAllocationsInDoubt", sections=["in-doubt"])
def in_doubt(t):
    t.stand.start_gateway()
    t.stand.faults({"method": "POST", "path": ALLOCATE, "action": "reset_after"})
    executed, refused = [f"executed-{i}" for i in range(4)], [f"refused-{i}" for i in range(8)]
    for name in executed:
        t.stand.concero("allocate", "119", f"{name}@company.io", "--request-id", name)
    t.stand.faults({"method": "POST", "path": ALLOCATE, "status": 502})
    for name in refused:
        t.stand.concero("allocate", "119", f"{name}@company.io", "--request-id", name)
    t.seen()
    t.stand.faults()
    listed = t.stand.shell(["concero allocations list --state in-doubt --all"])
    assert all(name in listed for name in executed + refused), listed
    # The portal: what the sandbox has executed, in its order.
    for invite, name in enumerate(executed, _FIRST_INVITE):
        t.do("in-doubt", "invited", ID=name, INVITE=str(invite))
    for name in refused[:4]:
        t.do("in-doubt", "not-invited", ID=name)
    for name in refused[4:]:
        t.do("in-doubt", "not-wanted", ID=name)
    t.gone()
    invited = [json.loads(post["body"])["candidate_email"] for post in t.stand.sandbox.requests()
               if post["path"] == ALLOCATE and post["executed"]]
    assert sorted(invited) == sorted(f"{name}@company.io" for name in executed + refused[:4]), invited


@attempt("every request answered 401: the key was withdrawn", "KeyRejected", sections=["key-rejected"])
def key_rejected(t):
    t.stand.start_gateway()
    t.stand.restart_sandbox(keys=("another-key", t.stand.sandbox.token, t.stand.sandbox.secret_key))
    t.stand.concero("exams", "list")
    t.seen()
    (t.stand.directory / "new-key").write_text("another-key")
    t.do("key-rejected", "new-key")
    t.stand.until(lambda: '"event":"key_changed"' in t.stand.log(), "the new key is in use")
    t.do("key-rejected")
    t.gone()


@attempt("ProctorExam with another secret key answers 403", "KeyRejected", sections=["key-rejected"])
def not_authorized(t):
    t.stand.start_gateway()
    t.stand.restart_sandbox(keys=(t.stand.sandbox.key, t.stand.sandbox.token, "another-secret"))
    t.stand.concero("student", "list", "--limit", "1")
    t.seen()
    t.stand.write_key("another-secret", "proctorexam.key")
    t.stand.until(lambda: '"event":"key_changed"' in t.stand.log(), "the new key is in use")
    t.run(["concero student list --limit 1"])
    t.gone()


@attempt("Concero answers 403", "AddressRefused", sections=["address-refused"])
def address_refused(t):
    t.stand.restart_sandbox("--allow-ip", "192.0.2.0/24")
    t.stand.start_gateway()
    t.stand.concero("exams", "list")
    t.seen()
    t.stand.restart_sandbox()
    t.do("address-refused")
    t.gone()


@attempt("Concero answers with a redirect", "WayBlocked", sections=["way-blocked"])
def way_blocked(t):
    t.stand.start_gateway()
    t.stand.faults({"path": "/api/v1/*", "status": 302, "headers": {"Location": "http://elsewhere.test/"}})
    t.stand.concero("exams", "list")
    t.seen()
    t.stand.faults()
    t.do("key-rejected")
    t.gone()


@attempt("Concero's certificate is one that nobody vouches for", "WayBlocked", sections=["way-blocked"])
def certificate_untrusted(t):
    make_certificate(t.stand.directory, 60)
    t.stand.restart_sandbox("--tls-cert", "server.pem", "--tls-key", "server.key")
    t.stand.start_gateway(https=True)
    t.stand.concero("exams", "list")
    t.seen()
    t.stand.stop_gateway()
    t.stand.start_gateway(https=True, rest='egress: {ca_file: "server.pem"}\n')
    t.do("key-rejected")
    t.gone()


@attempt("a proxy that does not let the gateway through", "WayBlocked", sections=["way-blocked"])
def proxy_refuses(t):
    t.stand.start_gateway(rest=f'egress: {{proxy: "http://{t.stand.sandbox.address}"}}\n')  # which is none
    t.stand.concero("exams", "list")
    t.seen()
    t.stand.stop_gateway()
    t.stand.start_gateway()
    t.do("key-rejected")
    t.gone()


@attempt("503s under twenty calls a second", "BreakerOpen", "ErrorRate", "ErrorRateLasting",
         sections=["breaker-open", "error-rate"])
def breaker_open(t):
    t.stand.start_gateway(concero=_SENT_ONCE + "  breaker: {window: 10s, min_calls: 5, open_for: 1s}\n")
    with t.stand.callers("report", number=2):
        t.stand.faults({"path": "/api/v1/*", "status": 503})
        t.seen()
        t.stand.faults()
        t.stand.until(lambda: t.value("gateway_breaker_state") == 0, "the breaker closes by itself")
        t.do("breaker-open")
        t.gone()


@attempt("six callers for one place and one in the queue", "Overloaded", sections=["overloaded"])
def overloaded(t):
    t.stand.start_gateway(concero="  max_in_flight: 1\n  max_queued: 1\n")
    t.stand.faults({"path": REPORT, "delay_ms": 300})
    with t.stand.callers("report", number=6):
        t.seen()
    t.gone()


@attempt("ten calls a second where two are granted", "QuotaExceeded", sections=["quota-exceeded"])
def quota_exceeded(t):
    t.stand.start_gateway(rest="quotas: {default: {per_second: 2}}\n")
    with t.stand.callers("list"):
        t.seen()
    t.gone()


@attempt("reports that take six seconds", "UpstreamSlow", sections=["upstream-slow"])
def upstream_slow(t):
    t.stand.start_gateway()
    t.stand.faults({"path": REPORT, "delay_ms": 6000})
    with t.stand.callers("report", number=40):
        t.seen()
        t.stand.faults()
        t.gone()


@attempt("an upstream ten minutes ahead", "ClockSkew", sections=["clock-skew"])
def clock_skew(t):
    t.stand.restart_sandbox("--date-skew", "10m")
    t.stand.start_gateway()
    t.stand.concero("exams", "list")
    t.seen()
    t.stand.restart_sandbox()
    t.do("key-rejected")
    t.gone()


@attempt("500s for the list, which callers ask for", "ListTooOld", sections=["list-too-old"])
def list_too_old(t):
    t.stand.start_gateway(concero=_NO_BREAKER + "  examinations: {ttl: 1s, stale_while_revalidate: 1s}\n")
    t.stand.concero("exams", "list")
    t.stand.faults({"path": LIST, "status": 500})
    with t.stand.callers("list"):
        t.seen()
        t.stand.faults()
        t.do("list-too-old")
        t.gone()


@attempt("a new key that the upstream does not know", "PreviousKeyUsed", sections=["previous-key-used"])
def previous_key_used(t):
    t.stand.start_gateway()
    t.stand.concero("exams", "list")
    with t.stand.callers("fresh list", pause=0.4):
        t.stand.write_key("new-and-unknown")
        t.seen()
        t.stand.write_key(t.stand.sandbox.key)
        t.gone(quiet=5)


@attempt("a key file with a blank in it", "ReloadFailing", sections=["reload-failing"])
def reload_failing(t):
    t.stand.start_gateway()
    t.stand.write_key("not a key")
    t.seen()
    t.stand.write_key(t.stand.sandbox.key)
    t.gone(quiet=15)  # a bad file is read, and counted, every ten seconds


@attempt("40 s with one key, a day being 0.4 s", "KeyOld", sections=["key-old"])
def key_old(t):
    t.stand.start_gateway()
    t.seen()
    t.stand.write_key("the-next-key")
    t.stand.write_key("the-next-token", "proctorexam.token")
    t.stand.write_key("the-next-secret", "proctorexam.key")
    t.gone()


@attempt("a caller who is asked for, while the log is not read", "LogLinesDropped", sections=["log-lines-dropped"])
def log_lines_dropped(t):
    with t.unread("log.fifo") as fifo:
        t.stand.start_gateway(stderr=fifo.name)
        with t.stand.callers("bad report", number=4, pause=0):
            t.stand.until(lambda: (t.value("gateway_log_lines_dropped_total") or 0) > 0, "lines are dropped")
        t.seen()
        fifo.drain()
        t.gone()
        t.stand.stop_gateway()


def in_background(function, *arguments):
    """Runs it beside; the block's end waits for its end."""
    thread = threading.Thread(target=function, args=arguments)

    @contextlib.contextmanager
    def running():
        thread.start()
        try:
            yield
        finally:
            thread.join()
    return running()
