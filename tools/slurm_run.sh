#!/usr/bin/env bash
# Runs a script of this folder under slurm, one process per GPU:
#   slurm_run.sh SCRIPT PARTITION JOB_NAME [ARGUMENTS]
# GPUS, GPUS_PER_NODE, CPUS_PER_TASK, SRUN_ARGS and PYTHON come from the
# environment.
set -euo pipefail

# With a CDPATH, cd would look there first, and print where it went.
TOOLS=$(CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")" > /dev/null && pwd)
GPUS=${GPUS:-4}
GPUS_PER_NODE=${GPUS_PER_NODE:-$GPUS}
[ "$GPUS_PER_NODE" -le "$GPUS" ] || GPUS_PER_NODE=$GPUS
export PYTHONPATH="$TOOLS/..:${PYTHONPATH:-}"

# SRUN_ARGS is a list of words.
# shellcheck disable=SC2086
exec srun -p "$2" \
    --job-name="$3" \
    --gres="gpu:$GPUS_PER_NODE" \
    --ntasks="$GPUS" \
    --ntasks-per-node="$GPUS_PER_NODE" \
    --cpus-per-task="${CPUS_PER_TASK:-5}" \
    --kill-on-bad-exit=1 \
    ${SRUN_ARGS:-} \
    "${PYTHON:-python}" -u "$TOOLS/$1" "${@:4}" --launcher slurm
