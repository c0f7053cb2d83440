#!/bin/sh
# Make or refresh .venv from a lock file: sh tools/environment.sh requirements-dev.lock
# Needs only a Python >= 3.11. Safe to run twice at once: the second waits for the first.
set -eu
cd "$(dirname "$0")/.."
lock_file=$1
venv=.venv
wanted=$(cat "$lock_file" tools/environment.sh | cksum)

say() { printf '%s\n' "$*"; }
stop() { printf '%s\n' "$@" >&2; exit 1; }

is_current() { [ -x "$venv/bin/quanyu" ] && [ "$(cat "$venv/quanyu.stamp" 2>/dev/null)" = "$wanted" ]; }

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python3.14 python; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    stop "Quanyu needs Python 3.11 or newer, and none was found." \
        "  -> Debian/Ubuntu: apt install python3 python3-venv · macOS: brew install python · or set PYTHON=/path/to/python"
}

# Another tool may have made it without pip; then pip is added rather than everything thrown away.
has_usable_venv() {
    "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
        { "$venv/bin/python" -c 'import pip' || "$venv/bin/python" -m ensurepip; } >/dev/null 2>&1
}

# `venv` lacks ensurepip on Debian without python3-venv: then virtualenv, or this Python's own pip, may still do.
make_venv() {
    say "[1/4] Creating $venv with $("$1" --version)"
    rm -rf "$venv"
    "$1" -m venv "$venv" >/dev/null 2>&1 && return
    rm -rf "$venv"
    "$1" -m virtualenv -q "$venv" >/dev/null 2>&1 && return
    rm -rf "$venv"
    if "$1" -m venv --without-pip "$venv" >/dev/null 2>&1 &&
        "$1" -m pip --python "$venv/bin/python" install -q pip >/dev/null 2>&1; then
        return
    fi
    rm -rf "$venv"
    stop "This Python cannot make virtual environments: its module 'venv' (with ensurepip) is missing." \
        "  -> Debian/Ubuntu: apt install python3-venv (or python3.11-venv) · elsewhere: $1 -m pip install virtualenv"
}

install_packages() {
    say "[2/4] Installing uv"
    if ! "$venv/bin/python" -m pip install -q --disable-pip-version-check 'uv>=0.8'; then
        say "      uv is not to be had here; pip does its work"
    fi
    say "[3/4] Installing the packages of $lock_file"
    if [ -x "$venv/bin/uv" ] && "$venv/bin/uv" pip sync --python "$venv/bin/python" "$lock_file"; then
        return
    fi
    # pip may know a mirror that uv does not.
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-deps --require-hashes -r "$lock_file"
}

install_project() {
    say "[4/4] Installing the command quanyu"
    if [ -x "$venv/bin/uv" ] && "$venv/bin/uv" pip install -q --python "$venv/bin/python" --no-deps -e . 2>/dev/null; then
        return
    fi
    # From an environment that uv made, its sync takes uv and pip away as strangers.
    "$venv/bin/python" -c 'import pip' 2>/dev/null || "$venv/bin/python" -m ensurepip >/dev/null
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps -e .
}

is_current && exit 0
# mkdir is the one lock that every system has; a lock whose owner is gone is taken over.
guard=.stamps/environment.lock
mkdir -p .stamps
until mkdir "$guard" 2>/dev/null; do
    owner=$(cat "$guard/pid" 2>/dev/null || true)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
        rm -rf "$guard"
    else
        sleep 1
    fi
done
echo $$ >"$guard/pid"
trap 'rm -rf "$guard"' EXIT
trap 'exit 130' INT TERM
is_current && exit 0

python=$(find_python)
has_usable_venv || make_venv "$python"
install_packages
install_project
printf '%s\n' "$wanted" >"$venv/quanyu.stamp"
say "Ready. \`make run\` starts Quanyu, \`make\` shows what else there is."
