#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# proc_pid1_exec.sh - programs started as PID 1 of their own namespace, as in a container
# host: root tool=unshare
unshare --fork --pid --mount-proc true 2>/dev/null || { echo "skip: no PID namespaces here"; exit 77; }
unshare --fork --pid --mount-proc sh -c 'echo "$$"; ls /etc >/dev/null; (exit 3); echo "$?"; ps ax | wc -l'
unshare --fork --pid --mount-proc --kill-child python3 -c '
import os, subprocess
print(os.getpid(), subprocess.call(["sh", "-c", "exit 4"]))
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("no stranger")
'
unshare --fork --pid --mount-proc perl -e 'my @a = map { "x" x $_ } 1..5000; print "$$ ", scalar(@a), "\n"; exit 5'
echo "$?"
