#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: whichever way libc knows to end a process leaves an exit dump, whole and exact, and no
# state file; the main thread may be gone by then. The exit status stays the program's.
# Fails when: one of exit, _exit, _Exit, quick_exit is no longer seen, or the state file stays.
. "$(dirname "$0")/common.bash"

for way in return exit _exit _Exit quick_exit thread; do
	LEAKTRACK_RATE=1 LD_PRELOAD=$LIB "$PROG/e2e_leak" 300 777 $way >out 2>err ||
		fail "$way: status $?"
	pid=$(sed -n 's/^pid //p' out)
	[ ! -s err ] || fail "$way: $(cat err)"
	complete "leaktrack.$pid.exit.heap" || fail "$way: no exit dump"
	valid "leaktrack.$pid.exit.heap"
	expect_blocks "leaktrack.$pid.exit.heap" 777 300 600
	has "leaktrack.$pid.exit.heap" '^# start .* reason exit' || fail "$way: the reason is not 'exit'"
	none_of "$STATE_DIR/$pid."*.state
done
