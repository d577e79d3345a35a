"""All rules about rendered overlays."""

import file_rules
import network_rules
import pod_rules
import scale_rules

RULES = pod_rules.RULES + file_rules.RULES + network_rules.RULES + scale_rules.RULES


def findings(bundle):
    """(rule, text) of all that is wrong."""
    return [(rule.__name__, text) for rule in RULES for text in rule(bundle)]
