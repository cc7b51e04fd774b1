#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: the profile outlives an end that no code of ours sees. A C program that leaves by a raw
# exit_group or is killed leaves its state file, and the tool reads that; with LEAKTRACK_KEEPER=
# always an exit dump is written instead. A state file of a running process is read too.
# Fails when: the state is not in shared memory, or the keeper misses an end.
. "$(dirname "$0")/common.bash"

leak=e2e_leak.c:$(line_of "$TOP/tests/prog/e2e_leak.c" 'LEAK')

for way in raw kill; do
	LEAKTRACK_RATE=1 LD_PRELOAD=$LIB "$PROG/e2e_leak" 300 777 $way >out 2>err
	pid=$(sed -n 's/^pid //p' out)
	none_of "leaktrack.$pid.exit.heap"
	state=$(echo "$STATE_DIR/$pid".*.state)
	[ -f "$state" ] || fail "$way: no state file"
	[ "$(stat -c %a "$state")" = 600 ] || fail "the state file is open to others"
	report "$state"
	names forget "$leak"
	names_not give_back
	rm -f "$state"

	LEAKTRACK_KEEPER=always LEAKTRACK_RATE=1 LD_PRELOAD=$LIB "$PROG/e2e_leak" 300 777 $way >out 2>err
	pid=$(sed -n 's/^pid //p' out)
	wait_for "the keeper's dump after $way" complete "leaktrack.$pid.exit.heap"
	valid "leaktrack.$pid.exit.heap"
	expect_blocks "leaktrack.$pid.exit.heap" 777 300 600
	has "leaktrack.$pid.exit.heap" '^# start .* reason keeper' || fail "the reason is not 'keeper'"
	report "leaktrack.$pid.exit.heap"
	names forget "$leak"
done

LEAKTRACK_RATE=1 start "$PROG/e2e_leak" 300 777 wait
wait_for 'the first round' has out '^ready$'
report "$STATE_DIR/$pid".*.state
names forget "$leak"
go_on
go_on
wait "${started##* }" || fail "the program ended with $?"
