"""What is more than an upstream that goes wrong: by the name that a row of the catalogue uses.

Each is given its row and the Tools, makes its own place, and yields what differs.
"""

SCENARIOS = {}
