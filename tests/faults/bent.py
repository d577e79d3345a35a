"""Answers that are not what the upstream documents, each made from the good one.

Thread safety: pure.
"""

import gzip
import json

OVER_LARGE = 2**63
_DEEP = 10_000


def _dump(value):
    return json.dumps(value).encode()


def _with_text(good, text):
    """`good`, with `text` as the value of a member that nobody knows; of every element's when it is a list."""
    marked = _dump(_holder_changed(good, lambda holder: {**holder, "canary_member": "HERE"}))
    return marked.replace(b'"HERE"', text)


def _holder_changed(good, change):
    """The object that has the data, changed: the first element of a list, what stands under data or student."""
    if isinstance(good, list):
        return [change(good[0]), *good[1:]]
    for key in ("data", "student"):
        if key in good:
            return {**good, key: change(good[key])}
    if "students" in good:
        return {**good, "students": [change(good["students"][0])]}
    return change(good)


_IDS = ("testId", "invite_id", "inviteId", "id")


def _id_set(good, value):
    def change(holder):
        return {key: value if key in _IDS else old for key, old in holder.items()}
    return _holder_changed(good, change)


def _id_missing(good):
    return _holder_changed(good, lambda holder: {key: old for key, old in holder.items() if key not in _IDS})


def _data_null(good):
    if isinstance(good, list):
        return [None]
    outer = next((key for key in ("data", "student", "students") if key in good), None)
    return {**good, outer: None} if outer else None


def _types_wrong(good):
    """An object for each text, a list for each number."""
    def change(holder):
        return {key: {"canary": 1} if isinstance(old, str) else [old] for key, old in holder.items()}
    return _holder_changed(good, change)


def _another(good):
    def change(holder):
        others = {"candidate_email": "canary.other@company.example", "id": 987, "inviteId": "987", "invite_id": 987,
                  "exam_id": 987}
        return {key: others.get(key, old) for key, old in holder.items()}
    return _holder_changed(good, change)


def _twice(good):
    """The first key of the object that has the data, a second time."""
    def change(holder):
        first = next(iter(holder))
        return {**holder, "SECOND": holder[first]}
    changed = _holder_changed(good, change)
    holder = changed
    if isinstance(good, list):
        holder = changed[0]
    for key in ("data", "student"):
        if isinstance(holder, dict) and key in holder:
            holder = holder[key]
    if isinstance(holder, dict) and "students" in holder:
        holder = holder["students"][0]
    return _dump(changed).replace(b'"SECOND"', _dump(next(iter(holder))))


BENDS = {
    "html": lambda good: b"<!DOCTYPE html><html><body>canary canary@company.example</body></html>",
    "empty": lambda good: b"",
    "bom": lambda good: b"\xef\xbb\xbf" + _dump(good),
    "utf16": lambda good: json.dumps(good).encode("utf-16"),
    "latin1": lambda good: _with_text(good, '"canary m\u00fcller"'.encode("latin-1")),
    "nul": lambda good: _dump(good) + b"\0canary",
    "half": lambda good: _dump(good)[:len(_dump(good)) // 2],
    "trailing": lambda good: _dump(good) + b"\n<!-- canary -->",
    "two_values": lambda good: _dump(good) * 2,
    "duplicate_keys": _twice,
    "deep": lambda good: _with_text(good, b"[" * _DEEP + b"]" * _DEEP),
    "deep_alone": lambda good: b"[" * _DEEP,
    "number_1e400": lambda good: _with_text(good, b"1e400"),
    "nan": lambda good: _with_text(good, b"NaN"),
    "lone_surrogate": lambda good: _with_text(good, b'"\\ud800 canary"'),
    "scalar": lambda good: b'"canary"',
    "null": lambda good: b"null",
    "null_data": lambda good: _dump(_data_null(good)),
    "wrong_types": lambda good: _dump(_types_wrong(good)),
    "id_missing": lambda good: _dump(_id_missing(good)),
    "id_over_large": lambda good: _dump(_id_set(good, OVER_LARGE)),
    "id_negative": lambda good: _dump(_id_set(good, -1)),
    "id_float": lambda good: _dump(_id_set(good, 1.5)),
    "another": lambda good: _dump(_another(good)),
    "gzip": lambda good: gzip.compress(_dump(good)),
    "failure_envelope": lambda good: _dump({"success": False, "message": "canary", "error": "SQLSTATE[HY000] canary"}),
    "field_error": lambda good: _dump({"message": "canary", "errors": {"candidate_email": ["canary"],
                                                                       "email": ["canary"]}}),
    "taken": lambda good: _dump({"email": ["has already been taken"]}),
    "truth_as_text": lambda good: _dump({**good, "success": "true"}),
}


def bend(name, good):
    return BENDS[name](good)
