#!/bin/sh
# See that browser tests have a Chromium and a Chinese font; install them where we may.
# Prints what is missing and how to get it; exit code 1 when the browser tests cannot run.
set -eu

has_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
has_font() { command -v fc-list && fc-list :lang=zh | grep -q .; }

missing=
has_chromium >/dev/null 2>&1 || missing="$missing chromium"
has_font >/dev/null 2>&1 || missing="$missing fonts-noto-cjk fontconfig"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    printf 'Installing for the browser tests:%s\n' "$missing"
    # shellcheck disable=SC2086  # a list of package names
    if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; then
        exit 0
    fi
fi
cat >&2 <<TXT
The browser tests need, and this machine lacks:$missing
  -> Debian/Ubuntu: sudo apt install$missing
  -> Fedora: sudo dnf install chromium google-noto-sans-cjk-fonts · macOS: brew install --cask chromium
  -> or go without them: make test-fast
TXT
exit 1
