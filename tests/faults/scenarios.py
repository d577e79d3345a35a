"""What is more than an upstream that goes wrong: by the name that a row of the catalogue uses.

Each is given its row and the Tools, makes its own place, and yields what differs from what the row expects.
"""

import scenario_callers
import scenario_drain
import scenario_files
import scenario_limits
import scenario_names
import scenario_store

SCENARIOS = {
    "the caller cancels": scenario_callers.cancels,
    "the deadline passes": scenario_callers.deadline_passes,
    "overloaded": scenario_limits.overloaded,
    "one-shots flood": scenario_limits.flood,
    "breaker open": scenario_limits.breaker_open,
    "no budget": scenario_limits.no_budget,
    "no descriptors": scenario_limits.no_descriptors,
    "SIGTERM": scenario_drain.sigterm,
    "SIGTERM before": scenario_drain.sigterm_before,
    "SIGTERM twice": scenario_drain.sigterm_twice,
    "SIGTERM and no end": scenario_drain.sigterm_and_no_end,
    "SIGTERM and no store": scenario_drain.sigterm_and_no_store,
    "does not start": scenario_files.does_not_start,
    "files change": scenario_files.files_change,
    "name": scenario_names.name,
    "name known before": scenario_names.name_known_before,
    "clock": scenario_names.clock,
    "SQLite locked": scenario_store.sqlite_locked,
    "SQLite full": scenario_store.sqlite_full,
    "PostgreSQL down": scenario_store.postgres_down,
    "PostgreSQL locked": scenario_store.postgres_locked,
}
