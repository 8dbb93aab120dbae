#!/bin/sh
# packages.sh NPM: installs the packages of package-lock.json, unless they are there already.
# Several builds may ask at once.
set -eu
cd "$(dirname "$0")"
mkdir -p node_modules
exec 9>node_modules/.headscope-lock
if command -v flock >/dev/null; then flock 9; fi
wanted=$(cksum <package-lock.json)
[ "$(cat node_modules/.headscope-packages 2>/dev/null)" = "$wanted" ] && exit 0
if ! "$1" ci --prefer-offline --no-audit --no-fund --loglevel=error; then
  echo "The front end's packages could not be fetched. Without it: cmake -DHEADSCOPE_WEB=OFF" >&2
  exit 1
fi
printf '%s' "$wanted" >node_modules/.headscope-packages
