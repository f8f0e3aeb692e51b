#!/usr/bin/env bash
# Tests in GPUS processes, see dist_run.sh; the rest goes to test.py.
if [ $# -lt 3 ]; then
    echo "usage: $0 CONFIG CHECKPOINT GPUS [ARGUMENTS]" >&2
    exit 2
fi
exec bash "$(dirname "$0")/dist_run.sh" test.py "$3" "$1" "$2" "${@:4}"
