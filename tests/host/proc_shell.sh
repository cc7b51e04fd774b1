#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# proc_shell.sh - what shell scripts do: pipelines, subshells, traps, background jobs, here documents
# host: time=30
i=0
while [ $i -lt 60 ]; do /bin/true; i=$((i + 1)); done
seq 1 1000 | sort -rn | head -3 | tr '\n' ' '
echo
sh -c "trap 'echo trapped; exit 3' TERM; kill -TERM \$\$; exit 0"; echo $?
trap 'echo got term' TERM
kill -TERM $$
sleep 0.1 & wait
cat <<END | wc -l
a
b
END
find /etc -maxdepth 1 -name 'h*' -exec true {} \; | wc -l
false; echo $?
sh -c 'kill -9 $$'; echo $?
x=$(sh -c 'echo inner; exit 4'); echo "$x $?"
ls | wc -l
