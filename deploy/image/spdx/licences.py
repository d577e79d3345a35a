"""The licences that a package's machine-readable copyright file names, as SPDX writes them."""

import pathlib
import re

from dpkg import paragraphs

FORMAT = re.compile(r"https?://(www\.)?debian\.org/doc/packaging-manuals/copyright-format/1\.0/?$")
# Debian's short names (copyright-format 1.0), in small letters, for what SPDX has a name for.
_NAMES = {"apache-2.0": "Apache-2.0", "artistic": "Artistic-1.0-Perl", "bsd-2-clause": "BSD-2-Clause",
          "bsd-3-clause": "BSD-3-Clause", "bsl-1.0": "BSL-1.0", "cc0-1.0": "CC0-1.0", "curl": "curl", "expat": "MIT",
          "isc": "ISC", "mit": "MIT", "mpl-2.0": "MPL-2.0", "zlib": "Zlib"}
_GNU = re.compile(r"(A?GPL|LGPL|GFDL)-(\d)(?:\.(\d))?(\+?)$")


def declared(root, package):
    """The licence expression of what is installed as `package` below `root`, and the names that its file has.

    The expression is None when the file is not machine-readable or has a name that SPDX does not know.
    """
    file = pathlib.Path(root, "usr/share/doc", package, "copyright")
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None, []
    head, *rest = list(paragraphs(text)) or [{}]
    if not FORMAT.match(head.get("Format", "")):
        return None, []
    names = sorted({fields["License"].split("\n")[0] for fields in rest if "Files" in fields and "License" in fields})
    return _all_of(names), names


def _all_of(names):
    """One expression for files under licences with these names, each of which holds for some."""
    terms = set()
    for name in names:
        translated = expression(name)
        if translated is None:
            return None
        terms |= {translated} if " OR " in translated else set(translated.split(" AND "))
    if len(terms) > 1:
        terms = {f"({term})" if " OR " in term else term for term in terms}
    return " AND ".join(sorted(terms)) or None


def expression(text):
    """Debian's "GPL-2+ or Expat" as "GPL-2.0-or-later OR MIT"; None when a part has no name in SPDX."""
    words = re.split(r"(?:,\s*|\s+)(and|or)\s+", text)
    joined = set(words[1::2])
    names = [_name(word) for word in words[::2]]
    if None in names or len(joined) > 1:  # what binds tighter is not to be guessed
        return None
    return f" {joined.pop().upper()} ".join(names) if joined else names[0]


def _name(text):
    known = _NAMES.get(text.lower())
    if known:
        return known
    gnu = _GNU.match(text)
    if not gnu:
        return None
    family, major, minor, later = gnu.groups()
    return f"{family}-{major}.{minor or '0'}-{'or-later' if later else 'only'}"
