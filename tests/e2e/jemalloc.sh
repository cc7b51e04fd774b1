#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a host that is linked with jemalloc keeps its jemalloc: blocks come from it and go to it,
# and the profile is as exact as with glibc's malloc.
# Fails when: the real functions are glibc's own instead of the next ones.
. "$(dirname "$0")/common.bash"

cat >jemalloc_ok.c <<'END'
#include <jemalloc/jemalloc.h>
END
gcc -fsyntax-only jemalloc_ok.c 2>/dev/null || skip 'no libjemalloc-dev here'
gcc -O1 -g -o host "$TOP/tests/prog/e2e_leak.c" -Wl,--no-as-needed -ljemalloc -lpthread ||
	fail 'cannot build the host'

MALLOC_CONF=stats_print:true "./host" 10 10 return 2>&1 | grep -q 'jemalloc statistics' ||
	fail 'the host does not use jemalloc at all'
MALLOC_CONF=stats_print:true LEAKTRACK_RATE=1 LD_PRELOAD=$LIB ./host 1000 9999 return >out 2>err ||
	fail "status $?: $(tail -n 3 err)"
cat out err | grep -q 'jemalloc statistics' || fail 'jemalloc was displaced'
pid=$(sed -n 's/^pid //p' out)
valid "leaktrack.$pid.exit.heap"
expect_blocks "leaktrack.$pid.exit.heap" 9999 1000 2000
