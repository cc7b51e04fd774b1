#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# limit_gdb.sh - programs under a debugger and a tracer, both preloaded too
# host: slow tool=gdb tool=strace time=60
gdb -q -nx -batch -ex 'break malloc if 0' -ex 'run' -ex 'info inferiors' --args /bin/echo hello 2>/dev/null | grep -c -E 'hello|exited normally'
strace -f -o trace -e trace=execve sh -c '/bin/true; exit 5'
echo $?
grep -c 'execve(' trace
rm trace
