#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: many stacks without names take no longer than others; on a terminal a bar shows how far
# reading and naming are when they take long, and is taken back before the report; what goes into a
# pipe has no trace of it.
# Fails when: the bar is not drawn, stays behind, or is written into files.
. "$(dirname "$0")/common.bash"

command -v script >/dev/null || skip 'no script(1) here'
libc=$(ldd "$SYMBOLIZE" | sed -n 's|.*=> \(/.*/libc\.so\.6\) .*|\1|p')
text=$(readelf -lW "$libc" | awk '$1 == "LOAD" && / R E /{ print $2, $6; exit }')
read -r offset size <<<"$text"

many() { # COUNT - a dump with as many stacks, each at another address of the C library
	awk -v n="$1" -v size=$((size)) 'BEGIN {
		printf "heap profile: %d: %d [ %d: %d] @ heap_v2/1\n", n, n, n, n
		for (i = 0; i < n; i++)
			printf "  1: 1 [ 1: 1] @ 0x%x 0x%x\n", 0x10000000 + i % size + 1, 0x10000000 + (i * 7) % size + 1
		print "MAPPED_LIBRARIES:"
	}'
	printf '%x-%x r-xp %08x 00:00 0   %s\n# end\n' $((0x10000000)) $((0x10000000 + size)) $((offset)) "$libc"
}

many 250000 >many.heap
# Stacks without any name are as many different ones, and are told apart as fast.
sed 's| /[^ ]*$| /nowhere/lib.so|' many.heap >nameless.heap
timeout 20 "$SYMBOLIZE" --top nameless.heap >report 2>err || fail "nameless: status $?"
has report '^249990 more stacks' || fail "nameless: $(tail -n 3 report)"
start=$EPOCHREALTIME
TERM=xterm script -qec "'$SYMBOLIZE' --top many.heap" log >/dev/null || fail "$(cat log)"
lasted=$(awk "BEGIN { print $EPOCHREALTIME - $start }")
"$SYMBOLIZE" --top many.heap >report 2>err || fail "$(cat err)"
[ ! -s err ] || fail "not on a terminal: $(cat err)"
! grep -q $'\r' report || fail 'a bar in a file'
awk "BEGIN { exit !($lasted < 1) }" && ! grep -q naming log && skip "quick here: $lasted s"
grep -Eq $'leaktrack-symbolize: (reading|naming) +\\[=*>? *\\] +[0-9]+%  ' log || fail "no bar: $(head -c 500 log)"
grep -Eq $'\033\\[K(File|Type): ' log || fail "the bar was not taken back before the report"
exit 0
