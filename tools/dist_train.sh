#!/usr/bin/env bash
# Trains in GPUS processes, see dist_run.sh; the rest goes to train.py.
if [ $# -lt 2 ]; then
    echo "usage: $0 CONFIG GPUS [ARGUMENTS]" >&2
    exit 2
fi
exec bash "$(dirname "$0")/dist_run.sh" train.py "$2" "$1" "${@:3}"
