#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# limit_static.sh - statically linked and setuid-like programs among the children: untouched
# host: tool=gcc
printf '#include <stdio.h>\n#include <stdlib.h>\nint main(void) { free(malloc(9)); puts("static"); return 3; }\n' >s.c
gcc -static -o s s.c 2>/dev/null || { echo "skip: no static libc here"; exit 77; }
./s
echo $?
/lib64/ld-linux-x86-64.so.2 /bin/echo through the loader
/lib64/ld-linux-x86-64.so.2 --list /bin/true | wc -l >/dev/null
env -i /bin/echo empty environment
rm s.c s
