#!/bin/sh
# Find or install what only the tests need: a Chromium for the pages, Node for the tracking snippet, and
# Java 17 for the Spark jobs on the JVM engine.
set -eu
has_java() {
    java=${JAVA_HOME:+$JAVA_HOME/bin/}java
    version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p') && [ "${version:-0}" -ge 17 ]
}
missing=""
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
    || [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] || missing="$missing chromium"
command -v node >/dev/null || missing="$missing nodejs"
has_java || missing="$missing openjdk-17-jre-headless"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    # shellcheck disable=SC2086
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    has_java || { echo "JAVA_HOME names a Java older than 17; unset it or point it to a newer one" >&2; exit 1; }
elif [ "$(uname)" = Darwin ]; then
    echo "The full test run needs$missing; run: brew install --cask google-chrome; brew install node openjdk@17" >&2
    exit 1
else
    echo "The full test run needs$missing; run: sudo apt-get install$missing" >&2
    exit 1
fi
