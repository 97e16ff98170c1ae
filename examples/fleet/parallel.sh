#!/bin/sh
# The keys of a list of devices, in N jobs of GNU parallel on this machine, or with --sshloginfile on others.
# parallel.sh GROUP_KEY_FILE LIST OUT N
set -eu
umask 077
group_key=$1 list=$2 out=$3 count=$4
parts=$(mktemp -d "$out.parts.XXXXXX")
trap 'rm -rf "$parts"' EXIT

# {#} is the number of the job, from 1. With --halt the first part that fails ends all.
seq "$count" | parallel --halt now,fail=1 \
    defenderauth derive-key --group-key-file "$group_key" --ids "$list" --shard "{#}/$count" --out "$parts/{#}.csv"

# In their order the parts are what one run writes.
for k in $(seq "$count"); do cat "$parts/$k.csv"; done > "$parts/all"
mv "$parts/all" "$out"
