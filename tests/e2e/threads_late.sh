#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a program is sampled also where its first thread is none of pthread_create's: C11's
# threads lose nothing, those that libc makes for itself the first 64 samples, which are counted.
# Fails when: the first sample waits for a safe point that does not come.
. "$(dirname "$0")/common.bash"

run() { # RATE HOW COUNT; sets dump
	rm -f ./*.heap
	LEAKTRACK_RATE=$1 LD_PRELOAD=$LIB "$PROG/e2e_late" "$2" "$3" 2>err || fail "status $?: $(cat err)"
	[ ! -s err ] || fail "$(cat err)"
	dump=$(echo ./*.exit.heap)
	valid "$dump"
	lost=$(sed -n 's/^# .*lost_samples \([0-9]*\).*/\1/p' "$dump")
}

run 1 c11 2000
expect_blocks "$dump" 500 2000 2000
[ "$lost" = 0 ] || fail "lost $lost samples"
run 100k c11 40000
[ "$lost" = 0 ] || fail "lost $lost samples"

# Some 200 samples, the first of them in the thread: but for one run in 200, 64 are lost.
run 100k timer 40000
[ "$lost" -le 64 ] || fail "lost $lost samples"
report --unit B "$dump"
names leak e2e_late.c
