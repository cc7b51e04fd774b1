#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: what is sampled in one forked child says nothing about what is sampled in its sibling.
# Fails when: children go on with their parent's sequence of random numbers.
. "$(dirname "$0")/common.bash"

LEAKTRACK_RATE=16k LEAKTRACK_EXIT=all LD_PRELOAD="$LIB" "$PROG/e2e_siblings" >out 2>err ||
	fail "status $?: $(cat err)"
read -r first second <out
sizes() { # dump -> bytes of each sampled block, one a line: the block's number
	awk '/@ 0x/ { split($0, n, /[: ]+/); for (i = 2; i < 9; i++) if (n[i] >= 1000) { print n[i]; break } }' "$1" |
		sort -n
}
valid "leaktrack.$first.exit.heap"
valid "leaktrack.$second.exit.heap"
both=$(comm -12 <(sizes "leaktrack.$first.exit.heap" | sort) <(sizes "leaktrack.$second.exit.heap" | sort) | wc -l)
all=$(sizes "leaktrack.$first.exit.heap" | wc -l)
[ "$all" -ge 100 ] || fail "only $all samples"
# Some 180 samples of 2,000 blocks: 17 meet by chance, 4 more or fewer.
[ "$both" -le 60 ] || fail "$both of $all samples are the same in both children"
