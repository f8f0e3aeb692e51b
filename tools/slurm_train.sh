#!/usr/bin/env bash
# Trains under slurm, see slurm_run.sh; the rest goes to train.py.
if [ $# -lt 3 ]; then
    echo "usage: $0 PARTITION JOB_NAME CONFIG [ARGUMENTS]" >&2
    exit 2
fi
exec bash "$(dirname "$0")/slurm_run.sh" train.py "$@"
