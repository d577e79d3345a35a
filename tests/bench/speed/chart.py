"""Rate and CPU of each contender under each workload, drawn as an SVG that needs nothing else. Pure."""

from html import escape

from figures import medians

_NAMES, _BARS, _NUMBER = 66, 270, 74  # px: names of contenders, the longest bar, its number
_PANEL = _NAMES + _BARS + _NUMBER
_GAP, _MARGIN = 30, 20
_BAR, _STEP, _TITLE = 15, 20, 26
_TOP = 112
_PANELS = (("rate", "answers a second: more is better", "{:,.0f}"),
           ("cpu", "µs of the server's CPU for each: less is better", "{:,.1f}"))

_WHO = "limit: gRPC C++ alone, which asks no upstream; go: a gateway in Go, without a ledger, retries and metrics"

_STYLE = """\
<style>
  svg { color: #24292f; font: 13px system-ui, sans-serif; }
  @media (prefers-color-scheme: dark) { svg { color: #e6edf3; } }
  text { fill: currentColor; }
  .small { font-size: 12px; fill-opacity: 0.75; }
  .title { font-size: 16px; font-weight: 600; }
  .work { font-weight: 600; }
  .limit { fill: #8b949e; }
  .gateway { fill: #2f81f7; }
  .go { fill: #d29922; }
  .other { fill: #3fb950; }
</style>
"""


def draw(titles, rounds, subtitle):
    """Readable on a light and on a dark page; the page's own background shines through. Each panel has a scale of its
    own, from 0. `titles`, `rounds`: as of table.workloads()."""
    parts, y = [], _TOP
    for workload, contenders in rounds.items():
        middle = {name: medians(each) for name, each in contenders.items()}
        parts.append(_text(_MARGIN, y + 14, titles[workload], "work"))
        y += _TITLE
        for column, (figure, _, number) in enumerate(_PANELS):
            parts += _bars(_left(column), y, {name: getattr(one, figure) for name, one in middle.items()}, number)
        y += _STEP * len(middle) + 14
    head = [_text(_MARGIN, 30, "concero-gateway, side by side", "title"), _text(_MARGIN, 50, subtitle, "small"),
            _text(_MARGIN, 68, _WHO, "small")]
    head += [_text(_left(column), 98, words, "small") for column, (_, words, _) in enumerate(_PANELS)]
    width = 2 * _MARGIN + 2 * _PANEL + _GAP
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y + 6}">\n'
            f"<title>concero-gateway: speed</title>\n{_STYLE}" + "\n".join(head + parts) + "\n</svg>\n")


def _left(column):
    return _MARGIN + column * (_PANEL + _GAP)


def _bars(left, top, values, number):
    most = max(values.values()) or 1
    for row, (name, value) in enumerate(values.items()):
        y = top + row * _STEP
        length = _BARS * value / most
        kind = name if name in ("limit", "gateway", "go") else "other"
        yield _text(left + _NAMES - 8, y + 12, name, anchor="end")
        yield f'<rect class="{kind}" x="{left + _NAMES}" y="{y}" width="{length:.1f}" height="{_BAR}" rx="2"/>'
        yield _text(left + _NAMES + length + 6, y + 12, number.format(value))


def _text(x, y, words, kind="", anchor="start"):
    style = f' class="{kind}"' if kind else ""
    return f'<text{style} x="{x:.1f}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'
