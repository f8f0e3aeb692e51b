#!/usr/bin/env bash
# Tests under slurm, see slurm_run.sh; the rest goes to test.py.
if [ $# -lt 4 ]; then
    echo "usage: $0 PARTITION JOB_NAME CONFIG CHECKPOINT [ARGUMENTS]" >&2
    exit 2
fi
exec bash "$(dirname "$0")/slurm_run.sh" test.py "$@"
