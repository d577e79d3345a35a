#!/bin/sh
# buf, for the tests: a test without it fails and says what to do.
if ! [ -x "${BUF:?names the program buf}" ]; then
  echo "buf is not at $BUF; ./dev test puts it there (or configure with -D BUF=PATH)" >&2
  exit 1
fi
exec "$BUF" "$@"
