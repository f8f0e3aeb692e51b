#!/usr/bin/env bash
# Refines CAMs in GPUS processes, see dist_run.sh; the rest goes to refine.py.
if [ $# -lt 5 ]; then
    echo "usage: $0 CONFIG CAM_DIR GPUS --out-dir DIR [ARGUMENTS]" >&2
    exit 2
fi
exec bash "$(dirname "$0")/dist_run.sh" refine.py "$3" "$1" "$2" "${@:4}"
