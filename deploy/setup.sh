#!/bin/sh
# Make .venv with the pinned packages; asks for whatever the machine lacks in words one can paste.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
    echo "Spreaders needs Python 3.11, 3.12 or 3.13; run: make setup PYTHON=/path/to/python3.11" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
    else
        echo "Python's venv module is missing; run: sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi
echo "Installing about 200 packages into .venv, a minute or two ..."
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -c 'import uv' 2>/dev/null || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv
.venv/bin/python -m uv pip install --quiet --compile-bytecode --python .venv/bin/python --require-hashes -r requirements.lock
.venv/bin/python -m uv pip install --quiet --python .venv/bin/python --no-deps --editable .
touch .venv/ready
echo "Ready: make up starts everything."
