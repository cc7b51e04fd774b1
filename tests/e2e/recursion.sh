#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: recursion does not fill the stack table: however deep it is, its stacks are those of the
# innermost frames with the outermost behind '(...)', and one function's sum is exact; a stack that
# is too deep to be walked to its end is marked so, and counted.
# Fails when: a frame in the middle of a deep stack becomes part of it.
. "$(dirname "$0")/common.bash"

run() { # DEPTH COUNT MOST; sets dump and lines
	rm -f ./*.heap
	LEAKTRACK_RATE=1 LEAKTRACK_DEPTH=$1 LD_PRELOAD=$LIB "$PROG/e2e_recursion" "$2" "$3" 2>err ||
		fail "status $?: $(cat err)"
	[ ! -s err ] || fail "$(cat err)"
	dump=$(echo ./*.exit.heap)
	valid "$dump"
	lines=$(grep -c '^ *[0-9]*: [0-9]* \[[0-9]*: [0-9]*\] @' "$dump")
	expect_blocks "$dump" 48 "$2" "$2"
}

# Depths that can all be walked: whole below DEPTH, by one of three ways in; deeper ones end alike.
for depth in 4 128 512; do
	run $depth 20000 3000
	[ "$lines" -le $((3 * depth + 20)) ] || fail "$lines stacks of a recursion at DEPTH $depth"
	has "$dump" '^# cut_stacks 0 lost_samples 0 lost_live 0 ' || fail "$(grep cut_stacks "$dump")"
	! has "$dump" ' 0x2$' || fail 'a stack that was walked to its end is marked as cut'
	has "$dump" ' 0x1 0x' || fail 'no (...) in any stack'
done

# Too deep: the innermost frames, '(...)', '[cut]'. 4,096 frames are walked, 4 % of what comes here.
run 128 3000 100000
[ "$lines" -le $((3 * 128 + 20)) ] || fail "$lines stacks of a recursion without end"
cut=$(sed -n 's/^# cut_stacks \([0-9]*\).*/\1/p' "$dump")
((cut > 2500 && cut < 3000)) || fail "$cut of 3000 stacks cut"
marked=$(awk '/ 0x1 0x2$/ { n += $1 } END { print n + 0 }' "$dump")
[ "$marked" = "$cut" ] || fail "$cut stacks were cut, $marked blocks are marked so"
