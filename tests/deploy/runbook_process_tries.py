"""As runbook_tries.py: the ledger, the process and what it shows its callers."""

from metrics_stand import make_certificate
from postgres import Postgres
from runbook_tries import ALLOCATE, REPORT, TRIES, attempt, in_background


def _on_postgres(t, server):
    url = t.stand.directory / "postgres-url"
    url.touch(mode=0o600)
    url.write_text(server.url())
    t.stand.start_gateway(rest=f'ledger: {{postgres: {{url_file: "{url}"}}}}\n')


@attempt("PostgreSQL stopped while an allocation is under way", "LedgerAway", "LedgerLag", "LedgerOwes",
         sections=["ledger-away", "ledger-lag"])
def ledger_away(t):
    with Postgres() as server:
        _on_postgres(t, server)
        t.stand.concero("allocate", "119", "first@company.io", "--request-id", "first")
        t.stand.faults({"path": ALLOCATE, "delay_ms": 2000})
        with in_background(t.stand.concero, "allocate", "119", "second@company.io", "--request-id", "second"):
            t.stand.until(lambda: len(_posts(t)) == 2, "the second allocation has left")
            server.stop("immediate")
        t.seen()
        server.start()
        t.gone()
        shown = t.stand.shell(["concero allocations get second"])
        assert "succeeded" in shown, shown
        t.stand.stop_gateway()


@attempt("an answer after its allocation was settled by hand", "Contradiction", sections=["contradiction"])
def contradiction(t):
    with Postgres() as server:
        _on_postgres(t, server)
        t.stand.faults({"path": ALLOCATE, "delay_ms": 4000})
        with in_background(t.stand.concero, "allocate", "119", "twice@company.io", "--request-id", "twice"):
            t.stand.until(lambda: len(_posts(t)) == 1, "the allocation has left")
            # What another replica does once this one's lease has ended.
            server.execute("UPDATE allocations SET state = 'IN_DOUBT'")
            t.stand.shell(["concero allocations resolve twice --abandon --note 'not in the portal'"])
        t.seen()
        trail = t.stand.shell(["concero allocations get twice"])
        assert "abandoned" in trail, trail
        t.run(["concero cancel 142"])
        t.gone()
        t.stand.stop_gateway()


def _posts(t):
    return [request for request in t.stand.sandbox.requests() if request["path"] == ALLOCATE]


@attempt("a certificate that ends in two days", "CertificateEnds", "CertificateEndsSoon", sections=["certificate"])
def certificate(t):
    make_certificate(t.stand.directory, 2)
    t.stand.start_gateway(tls=True)
    t.seen()
    make_certificate(t.stand.directory, 60)
    t.gone()
    t.run(["concero exams list"])  # over the new one


@attempt("a limit of descriptors just above what is open", "DescriptorsNearLimit", sections=["descriptors-and-memory"])
def descriptors(t):
    t.stand.start_gateway()
    limits = t.limit_descriptors(int(t.await_new("process_open_fds") / 0.9))
    t.seen()
    t.limit_descriptors(*limits)
    t.gone()


@attempt("reports of a mebibyte that stop half-way, 440 at once", "HoldsMuch", sections=["descriptors-and-memory"])
def holds_much(t):
    t.stand.start_gateway(concero="  max_in_flight: 500\n  timeout: 300s\n")
    t.stand.faults({"path": REPORT, "action": "stall", "body": " " * 1_048_000})
    with t.stand.reports_at_once(440):
        t.seen()
        t.stand.stop_gateway()
        t.stand.start_gateway(concero="  max_in_flight: 50\n  max_queued: 0\n  timeout: 300s\n")
    with t.stand.reports_at_once(440):  # as many as before
        t.stand.until(lambda: (t.value("gateway_held_bytes") or 0) > 0, "answers are under way")
        t.gone(quiet=10)  # twice what the alert waits for


@attempt("the process killed and started again and again", "Restarting", sections=["restarting"])
def restarting(t):
    t.stand.start_gateway()

    def again():
        started = t.await_new("process_start_time_seconds")
        t.stand.stop_gateway(kill=True)
        t.stand.start_gateway()
        t.stand.until(lambda: t.value("process_start_time_seconds") not in (None, started), "the new one is seen")
        return t.firing()

    t.stand.until(again, "three starts in what is half an hour")
    t.seen()
    t.gone()


@attempt("the process killed, and no other there", "Absent", "ReplicaDown", sections=["down"])
def down(t):
    t.stand.start_gateway()
    t.run_sections(["the-first-five-minutes"])
    t.stand.stop_gateway(kill=True)
    t.seen()
    t.stand.start_gateway()
    t.gone()


LAST = ("down",)  # of which nothing else may run beside: it wants no gateway at all
__all__ = ["LAST", "TRIES"]
