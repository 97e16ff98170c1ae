#!/bin/sh
# The keys of a list of devices, as an array of jobs: sbatch --array=1-N slurm.sh GROUP_KEY_FILE LIST FOLDER
#SBATCH --job-name=derive-keys
#SBATCH --cpus-per-task=2
#SBATCH --mem=128M
#SBATCH --time=00:10:00
set -eu
umask 077
group_key=$1 list=$2 folder=$3
mkdir -p "$folder"
exec defenderauth derive-key --group-key-file "$group_key" --ids "$list" \
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --out "$folder/$SLURM_ARRAY_TASK_ID.csv"
