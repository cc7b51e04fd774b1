#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a program that refers to leaktrack.h weakly runs without the library, and under it can
# pause, resume and dump to a path of its own; what it allocates while paused is not recorded.
# Fails when: a function of the public header is not exported, or pause does not hold.
. "$(dirname "$0")/common.bash"

[ "$("$PROG/e2e_api")" = without ] || fail 'without the library'

LEAKTRACK_RATE=1 LEAKTRACK_EXIT=none LD_PRELOAD=$LIB "$PROG/e2e_api" "$PWD/own.heap" >out 2>err ||
	fail "status $?: $(cat err)"
has out '^with [0-9]+\.[0-9]+' || fail "$(cat out)"
valid own.heap
has own.heap 'reason api' || fail 'the reason is not api'
expect_blocks own.heap 1000 100 100
expect_blocks own.heap 3000 0 0
expect_blocks own.heap 5000 100 100
