#!/usr/bin/env bash
# Makes .venv from the pinned requirements, once for each content of the files it is given. Called by `make setup`.
set -euo pipefail

stamp=.venv/.installed
wanted=$(cat "$@" | cksum)

if [ -x .venv/bin/rollcall ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then
  exit 0
fi

# Fails where it cannot be used; says whether it was made with the compiler's profile, as distributions make theirs
# (Debian in its own way, which its configuration does not tell).
prove='
import sys, sysconfig, ensurepip, venv
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(1)
is_profiled = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "") or sys.base_prefix == "/usr"
print("profiled" if is_profiled else "plain")
'

# A command of this name may be there and still not run (pyenv's shims), so each candidate has to prove its version. One
# without that profile, as pyenv makes them unless told otherwise, takes half as long again for the same work: it is the
# second choice.
find_python() {
  local candidate found plain=
  while read -r candidate; do
    found=$("$candidate" -c "$prove" 2>/dev/null) || continue
    if [ "$found" = profiled ]; then
      echo "$candidate"
      return
    fi
    plain=${plain:-$candidate}
  done < <(if [ -n "${PYTHON:-}" ]; then echo "$PYTHON"; else type -ap python3.12 python3.13 python3.11 python3 python; fi)
  [ -n "$plain" ] && echo "$plain"
}

supported() {
  .venv/bin/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

if ! supported; then
  if ! python=$(find_python); then
    if [ -n "${PYTHON:-}" ]; then
      echo "error: PYTHON=$PYTHON is no Python 3.11, 3.12 or 3.13 that runs and has venv." >&2
      exit 2
    fi
    echo "error: no Python 3.11, 3.12 or 3.13 (with venv) on this machine." >&2
    echo "  macOS:          brew install python@3.12" >&2
    echo "  Debian, Ubuntu: apt-get install python3 python3-venv" >&2
    echo "  elsewhere:      set PYTHON to one, as in: make setup PYTHON=/opt/python3.12/bin/python3" >&2
    exit 2
  fi
  echo "==> Making .venv with $("$python" --version) ($(command -v "$python"))"
  "$python" -m venv --clear .venv
fi

echo "==> Installing pinned packages into .venv (a minute or so; later runs skip this)"
# On a terminal pip shows its own progress.
quiet=--quiet
if [ -t 1 ]; then quiet=; fi
.venv/bin/python -m pip install $quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt || {
  echo "error: the packages could not be installed; see above. The package index has to be reachable once." >&2
  exit 1
}
echo "==> Installing Rollcall itself"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
echo "$wanted" > "$stamp"
echo "==> Ready: .venv/bin/rollcall --help"
