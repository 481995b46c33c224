#!/usr/bin/env bash
# Gradescope runs this once, as root, while it builds the image: the kit is beside this file, in /autograder/source.
set -euo pipefail
cd "$(dirname "$0")"
# Debian and Ubuntu ship Python without what makes an environment.
if ! python3 -c 'import venv, ensurepip'; then
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends python3 python3-venv
fi
sh workshop/install/setup.sh
