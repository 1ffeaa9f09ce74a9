#!/bin/sh
# Find or install what only the tests need: a Chromium for the pages and Node for the tracking snippet.
set -eu
missing=""
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
    || [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] || missing="$missing chromium"
command -v node >/dev/null || missing="$missing nodejs"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    # shellcheck disable=SC2086
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
elif [ "$(uname)" = Darwin ]; then
    echo "The full test run needs$missing; run: brew install --cask google-chrome; brew install node" >&2
    exit 1
else
    echo "The full test run needs$missing; run: sudo apt-get install$missing" >&2
    exit 1
fi
