#!/bin/sh
# Builds the report's page: build.sh FOLDER OUTPUT. Installs what package-lock.json says into FOLDER, unless it is there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
output=$2
if ! cmp -s "$here/package-lock.json" "$folder/installed"; then
  mkdir -p "$folder"
  cp "$here/package.json" "$here/package-lock.json" "$folder/"
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1) ||
    { echo "report page: npm could not install what $here/package-lock.json lists; is the network there?" >&2; exit 1; }
  cp "$here/package-lock.json" "$folder/installed"
fi
NODE_PATH="$folder/node_modules" node "$here/build.mjs" "$output"
