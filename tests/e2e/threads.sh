#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: at rate 1 the numbers are exact with eight threads that free and move each other's blocks;
# at the default rate the estimate is within five standard errors; with little memory the rate is
# raised, losses are counted, the estimate still holds and the state stays in its bounds.
# Fails when: a table loses an update, a free is lost, or samples keep no weight of their rate.
. "$(dirname "$0")/common.bash"

run() { # THREADS COUNT; sets dump
	rm -f ./*.heap
	LD_PRELOAD=$LIB "$PROG/e2e_threads" "$@" 2>err || fail "status $?: $(cat err)"
	[ ! -s err ] || fail "$(cat err)"
	dump=$(echo ./*.exit.heap)
	valid "$dump"
}

LEAKTRACK_RATE=1 run 8 2000
has "$dump" '^# cut_stacks 0 lost_samples [0-9]+ lost_live 0 ' || fail "$(grep cut_stacks "$dump")"
expect_blocks "$dump" 500 32000 32000
expect_blocks "$dump" 700 0 32000
expect_blocks "$dump" 900 0 8000

bytes() { # FUNCTION - inuse bytes that the tool estimates for it
	report --unit b "$dump"
	awk -v f="$1" '$6 == f { print $1 + 0; exit }' report
}

run 4 20000
got=$(bytes leak)
near "${got:-0}" $((2 * 4 * 20000 * 500)) $((2 * 4 * 20000 * 500 / 524288))

LEAKTRACK_RATE=1 LEAKTRACK_MEMORY=1m run 4 20000
grep -q 'rate_changes [1-9]' "$dump" || fail "the rate did not change: $(grep rate_changes "$dump")"
own=$(sed -n 's/^# .*own_bytes \([0-9]*\).*/\1/p' "$dump")
[ "$own" -le $((1 << 20)) ] || fail "the state took $own bytes of 1 MiB"
# Two or three steps: 4 KiB, 8 KiB, 16 KiB. The dump is written for the smallest rate, 1.
got=$(bytes leak)
near "${got:-0}" $((2 * 4 * 20000 * 500)) $((2 * 4 * 20000 * 500 / 16384))
