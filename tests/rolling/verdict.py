"""What the restarts did, judged by what callers saw, the ledger keeps and the upstream executed. Pure."""

import collections


def verdict(failed, wanted, cancelled, executed, rows, answered, codes):
    """One line for each thing that is not as it has to be.

    `failed`: a line for each failed call; `wanted`, `cancelled`: e-mails; `executed`: how often the upstream invited
    each; `rows`: of the ledger; `answered`: calls by replica; `codes`: of the replicas' ends.
    """
    found = list(failed)
    found += [f"{email} was invited {executed.get(email, 0)} times" for email in wanted if executed.get(email, 0) != 1]
    found += [f"{email} was invited, and nobody wanted it" for email in sorted(executed.keys() - set(wanted))]
    states = collections.defaultdict(list)
    for row in rows:
        states[row.email].append(row.state)
    for email in wanted:
        to_be = ["CANCELLED" if email in cancelled else "SUCCEEDED"]
        if states[email] != to_be:
            found.append(f"the ledger has {email} as {states[email]}, and not as {to_be}")
    found += [f"the {name} replica answered no call" for name, count in answered.items() if count == 0]
    found += [f"a replica ended with exit code {code}" for code in codes if code != 0]
    return found
