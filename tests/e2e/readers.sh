#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: go tool pprof, google-pprof and jeprof take the raw dump as it is, mappings and build-ids
# included, and agree with leaktrack-symbolize on the bytes; google-pprof and jeprof read what --raw
# writes, also as a base; the .pb.gz shows the same names and values in go tool pprof.
# Fails when: a comment or mapping line is one that a reader chokes on, or scaling is not theirs.
. "$(dirname "$0")/common.bash"

LD_PRELOAD=$LIB "$PROG/e2e_leak" 40000 1500 return >out 2>err || fail "status $?"
dump=leaktrack.$(sed -n 's/^pid //p' out).exit.heap
valid "$dump"

bytes() { # '57.22MB' and the like -> bytes
	awk '{ n = $1 + 0; u = $1; sub(/^[0-9.-]+/, "", u)
		m = u == "GB" ? 2^30 : u == "MB" ? 2^20 : u ~ /^[kK]B$/ ? 2^10 : 1
		printf "%.0f\n", n * m }'
}

report --inuse_space "$dump" || true
ours=$(awk '/ forget( |$)/ { print $1; exit }' report | bytes)
near "$ours" $((40000 * 1500)) 114

same() { # WHAT BYTES: to the last digit that a table shows
	awk -v a="$2" -v b="$ours" 'BEGIN { d = a - b; exit !(d < b / 500 && -d < b / 500) }' ||
		fail "$1 says $2 bytes, we say $ours"
}

"$SYMBOLIZE" --raw "$dump" >raw.heap || fail 'no raw.heap'
for reader in google-pprof jeprof; do
	command -v $reader >/dev/null || continue
	for input in "$PROG/e2e_leak $dump" raw.heap; do # as it is, and with our names in it
		# shellcheck disable=SC2086 # two words
		$reader --text --inuse_space $input >google 2>google.err || fail "$reader: $(cat google.err)"
		# In MB: '  57.2 100.0% 100.0%     57.2 100.0% forget'
		mb=$(awk '$NF == "forget" { print $1; exit }' google)
		[ -n "$mb" ] || fail "$reader $input names no forget: $(cat google google.err)"
		awk -v a="$mb" -v b="$ours" 'BEGIN { d = a * 2^20 - b; exit !(d < b / 50 && -d < b / 50) }' ||
			fail "$reader says $mb MB, we say $ours"
	done
	$reader --text --inuse_space --base raw.heap raw.heap >google 2>&1 || fail "$(cat google)"
	! has google forget || fail "$reader sees a difference of nothing: $(cat google)"
done

command -v go >/dev/null || skip 'no go tool pprof here'
go tool pprof -top -nodecount=5 -sample_index=inuse_space "$PROG/e2e_leak" "$dump" >go.txt 2>go.err ||
	fail "go tool pprof: $(cat go.err)"
same 'go tool pprof on the text' "$(awk '$NF == "forget" { print $1; exit }' go.txt | bytes)"
go tool pprof -raw "$dump" >raw 2>/dev/null || fail 'go tool pprof -raw'
id=$(readelf -n "$PROG/e2e_leak" | awk '/Build ID/ { print $3 }')
[ -z "$id" ] || has raw "e2e_leak $id" || fail "go tool pprof does not see build-id $id"

"$SYMBOLIZE" --pprof out.pb.gz "$dump" >/dev/null || fail 'no .pb.gz'
for type in inuse_space inuse_objects alloc_space alloc_objects; do
	go tool pprof -top -sample_index=$type out.pb.gz >go.txt 2>go.err || fail "$type: $(cat go.err)"
	has go.txt "^Type: $type" || fail "no type $type"
	report "--$type" "$dump"
	theirs=$(awk '$NF ~ /forget/ || $6 == "forget" { print $1; exit }' go.txt)
	mine=$(awk '/ forget( |$)/ { print $1; exit }' report)
	awk -v a="$(bytes <<<"$theirs")" -v b="$(bytes <<<"$mine")" \
		'BEGIN { d = a - b; exit !(a > 0 && d <= b / 500 + 1 && -d <= b / 500 + 1) }' ||
		fail "$type: $theirs there, $mine here"
done
go tool pprof -top -base out.pb.gz out.pb.gz >go.txt 2>&1 || fail "-base: $(cat go.txt)"
go tool pprof -list forget out.pb.gz >go.txt 2>&1 || fail "-list: $(cat go.txt)"
has go.txt 'malloc.size.*LEAK' || fail "-list does not show the line: $(cat go.txt)"
