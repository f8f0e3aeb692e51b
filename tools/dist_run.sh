#!/usr/bin/env bash
# Runs a script of this folder in GPUS processes, on GPUs or on CPUs (gloo):
#   dist_run.sh SCRIPT GPUS [ARGUMENTS]
# Several machines: NNODES, NODE_RANK, MASTER_ADDR and PORT in the environment.
# PYTHON is the interpreter.
set -euo pipefail

# With a CDPATH, cd would look there first, and print where it went.
TOOLS=$(CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")" > /dev/null && pwd)
SCRIPT=$1
GPUS=$2
if ! [[ $GPUS =~ ^[1-9][0-9]*$ ]]; then
    echo "error: GPUS is a number of processes, got '$GPUS'" >&2
    exit 2
fi
PYTHON=${PYTHON:-python}
NNODES=${NNODES:-1}
if [ "$NNODES" -gt 1 ]; then
    PORT=${PORT:-29500}
else
    PORT=${PORT:-$("$PYTHON" -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')}
fi
# From a clone that is not installed, ppl_mm lies beside this folder.
export PYTHONPATH="$TOOLS/..:${PYTHONPATH:-}"
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}  # torchrun's own default

exec "$PYTHON" -m ppl_mm.utils.processes.launch \
    --nnodes="$NNODES" \
    --node-rank="${NODE_RANK:-0}" \
    --nproc-per-node="$GPUS" \
    --master-addr="${MASTER_ADDR:-127.0.0.1}" \
    --master-port="$PORT" \
    "$TOOLS/$SCRIPT" "${@:3}" --launcher pytorch
