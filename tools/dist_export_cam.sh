#!/usr/bin/env bash
# Exports CAMs in GPUS processes, see dist_run.sh; the rest goes to
# export_cam.py.
if [ $# -lt 5 ]; then
    echo "usage: $0 CONFIG CHECKPOINT GPUS --out-dir DIR [ARGUMENTS]" >&2
    exit 2
fi
exec bash "$(dirname "$0")/dist_run.sh" export_cam.py "$3" "$1" "$2" "${@:4}"
