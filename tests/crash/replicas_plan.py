"""What is done to three replicas and their PostgreSQL in each round. Pure: one seed, one plan.

The faults of the upstream, what callers want and the moment of the first blow are those of plan.py.
"""

import itertools
import random
import typing

import plan

NAMES = ("first", "second", "third")

# What may be done: to replicas, of which the step has the names, and to PostgreSQL.
KILL, DRAIN, START, FALSE_START = "kill", "drain", "start", "false start"
ALONE = "PostgreSQL"  # the style in which no replica goes
CRASH, RECOVER = "crash of PostgreSQL", "start of PostgreSQL"


class Step(typing.NamedTuple):
    """`do` it, `pause` seconds after the step before."""
    do: str
    names: tuple = ()
    pause: float = 0.0


class Round(typing.NamedTuple):
    style: str
    run: plan.Kill  # faults, aim and new_intents of it
    steps: tuple
    refreshers: tuple  # who fetches a new list afterwards, one after the other


def replicas_plan(seed, rounds):
    """All styles come equally often."""
    rng = random.Random(f"{seed}/replicas")
    runs = plan.plan(f"{seed}/replicas", rounds)
    return [_round(rng, style, run) for style, run in zip(itertools.islice(_shuffled_styles(rng), rounds), runs)]


def _shuffled_styles(rng):
    while True:
        styles = list(STYLES)
        rng.shuffle(styles)
        yield from styles


def _round(rng, style, run):
    blows, returns = STYLES[style](rng)
    if run.cut_start is not None and any(step.do == START for step in returns):
        # One of those that come back is killed once more while it starts.
        returns.insert(0, Step(FALSE_START, rng.choice([s for s in returns if s.do == START]).names, run.cut_start))
    return Round(style, run, (*blows, *returns), tuple(rng.sample(NAMES, len(NAMES))))


def _soon(rng):
    return rng.choice((0, rng.uniform(0, 0.3)))


def _kill(rng, count):
    """So many at one moment, or at several that are close together; and how they come back."""
    victims = rng.sample(NAMES, count)
    at_once = rng.random() < 0.5
    blows = [Step(KILL, tuple(victims))] if at_once else [Step(KILL, (name,), _soon(rng)) for name in victims]
    return blows, [Step(START, (name,), _soon(rng)) for name in victims]


def _postgres(rng):
    return [Step(CRASH, (), _soon(rng))], [Step(RECOVER, (), rng.uniform(0, 0.6))]


def _both(rng, count):
    """In any order, there and back: replicas may start while there is no PostgreSQL."""
    (kills, starts), (crash, recovery) = _kill(rng, count), _postgres(rng)
    return _mixed(rng, kills, crash), _mixed(rng, starts, recovery)


def _mixed(rng, many, one):
    at = rng.randint(0, len(many))
    return [*many[:at], *one, *many[at:]]


def _drain(rng, killed_as_well):
    """One is told to stop; `killed_as_well`: and something is killed before it has, itself or another."""
    drained = rng.choice(NAMES)
    blows, returns = [Step(DRAIN, (drained,))], [Step(START, (drained,), _soon(rng))]
    if killed_as_well:
        victim = rng.choice(NAMES)
        blows.append(Step(KILL, (victim,), rng.uniform(0, 0.2)))
        if victim != drained:
            returns.append(Step(START, (victim,), _soon(rng)))
    return blows, returns


STYLES = {
    "one killed": lambda rng: _kill(rng, 1), "two killed": lambda rng: _kill(rng, 2),
    "all killed": lambda rng: _kill(rng, 3), ALONE: _postgres,
    "PostgreSQL and one": lambda rng: _both(rng, 1), "PostgreSQL and two": lambda rng: _both(rng, 2),
    "PostgreSQL and all": lambda rng: _both(rng, 3),
    "one drained": lambda rng: _drain(rng, False), "one drained, one killed": lambda rng: _drain(rng, True),
}
