#!/bin/sh
# Finds a Python that can carry the workshop and hands over to bootstrap.py, which does the rest.
# Usage: [PYTHON=interpreter] sh workshop/install/setup.sh [EXTRA...]       extras as in pyproject.toml
set -u
cd "$(dirname "$0")/../.." || exit 1

# ROS, old shell profiles and some company images set these; they would leak foreign packages into the environment.
unset PYTHONPATH PYTHONHOME

# A candidate has to run: the shims of pyenv are on PATH even for versions that are not installed.
version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}
fits() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' >/dev/null 2>&1
}
hand_over() {
    exec "$1" workshop/install/bootstrap.py $extras
}

extras="$*"
if [ -n "${PYTHON:-}" ]; then
    fits "$PYTHON" && hand_over "$PYTHON"
    looked_at="$PYTHON"
else
    # The environment's own Python comes first: it is the fast answer when everything is up to date.
    looked_at="python3.13 python3.12 python3.11 python3.10 python3 python"
    for candidate in .venv/bin/python $looked_at "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[0-3].*/bin/python; do
        fits "$candidate" && hand_over "$candidate"
    done
fi

{
    echo
    echo "The workshop needs Python 3.10, 3.11, 3.12 or 3.13 with its venv module, and found none."
    without_venv=""
    for candidate in $looked_at; do
        if ! version=$(version_of "$candidate"); then
            [ -z "${PYTHON:-}" ] || echo "  $candidate cannot be run"
            continue
        fi
        case $version in
            3.1[0-3]) echo "  $candidate is Python $version, but its venv module is missing"; without_venv=$version ;;
            *)        echo "  $candidate is Python $version" ;;
        esac
    done
    echo "Install one, then run the same command again:"
    if [ "$(uname -s)" = Darwin ]; then
        echo "  brew install python@3.12                         (Homebrew: https://brew.sh)"
    elif command -v apt-get >/dev/null; then
        echo "  sudo apt install python${without_venv:-3}-venv             (Debian, Ubuntu, and both inside WSL)"
    elif command -v dnf >/dev/null; then
        echo "  sudo dnf install python3.12"
    elif command -v pacman >/dev/null || command -v apk >/dev/null || command -v zypper >/dev/null; then
        echo "  Python 3.12 and its venv module, with this system's package manager"
    else
        echo "  on Windows: first \`wsl --install\`, then work inside WSL"
    fi
    echo "  pyenv install 3.12                               (any system, no administrator: https://github.com/pyenv/pyenv)"
    echo "An interpreter in another place is named like this:  make setup PYTHON=/path/to/python3.12"
} >&2
exit 1
