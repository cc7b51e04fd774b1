#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a module that glibc itself unloads (iconv's character sets) takes its rules with it: the
# next one, at the same place, with other frames, has right stacks, to the last frame.
# Fails when: a rule outlives its module, or the loader's free() of a link map is not seen.
. "$(dirname "$0")/common.bash"

modules=(FRAMEA:100:4001 FRAMEB:700:4002 FRAMEC:300:4003 FRAMED:500:4004)
for m in "${modules[@]}"; do
	IFS=: read -r name frame size <<<"$m"
	gcc -O2 -shared -fPIC -DFRAME="$frame" -DSIZE="$size" -o "$name.so" \
		"$TOP/tests/prog/gconv_lib.c" || fail "$name does not build"
	printf 'module INTERNAL %s// %s 1\nmodule %s// INTERNAL %s 1\n' "$name" "$name" "$name" "$name"
done >gconv-modules

GCONV_PATH=$PWD LEAKTRACK_RATE=1 LD_PRELOAD=$LIB "$PROG/e2e_gconv" FRAMEA FRAMEB FRAMEC FRAMED >out
status=$?
[ $status != 77 ] || skip "this loader put no module where another one had been: $(cat out)"
[ $status = 0 ] || fail "status $status: $(cat out)"
dump=$(echo ./*.exit.heap)
valid "$dump"
has "$dump" '^# cut_stacks 0 lost_samples 0 ' || fail "$(grep cut_stacks "$dump")"

# The frames below main's two calls of use() are the same for each block that a module leaked.
stacks() { # SIZE - how many frames, and the outermost eight
	awk -v s="$1" '$6 == "heap_v2/1" || $1 !~ /:$/ { next } $2 % s == 0 && $2 / s == $1 + 0 {
		printf "%d", NF - 5
		for (i = NF - 7; i <= NF; i++) printf " %s", $i
		print "" }' "$dump" | sort -u
}
same=$(stacks 4001)
[ -n "$same" ] || fail 'no block of 4001 bytes'
[ "$(stacks 4002)" = "$same" ] || fail "$(stacks 4001) / $(stacks 4002)"
