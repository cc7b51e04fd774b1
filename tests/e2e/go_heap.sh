#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: --go-heap shows both heaps of a process below a frame each, in our report and in go tool
# pprof; with --base and --go-base the growth of both; several dumps on each side add up; a new and a
# gone stack are called so.
# Fails when: Go's heap meets the C heap's stacks, does not meet itself, or is compared with nothing.
. "$(dirname "$0")/common.bash"

start "$PROG/e2e_cgo" heap
wait_for 'the first round' has out '^ready$'
dump 1
go_on
wait_for 'the second round' has out '^again$'
dump 2
go_on
base=leaktrack.$pid.1.heap new=leaktrack.$pid.2.heap

row() { # FUNCTION -> its cum in bytes, of the last tsv
	awk -F'\t' -v name="$1" '$4 == name { print $2; exit }' report
}

report --tsv --nodecount 0 --nodefraction 0 --go-heap go.2.pb.gz "$new"
go=$(row '[Go heap]') c=$(row '[C heap]') kept=$(row main.keepGo)
between() { # NUMBER LEAST BELOW
	[ "$1" -ge "$2" ] && [ "$1" -lt "$3" ]
}
between "$kept" $((8 << 20)) $((9 << 20)) || fail "$kept bytes kept in Go"
[ "$go" -ge "$kept" ] || fail "Go's heap has $go bytes, $kept of them kept"
near "$c" $((8000 * 4000 + 4000 * 6000)) 60
whole=$(awk -F'\t' 'NR > 1 { sum += $1 } END { print sum }' report)
[ "$whole" = $((go + c)) ] || fail "the whole has $whole bytes, its parts $go and $c"

"$SYMBOLIZE" --pprof both.pb.gz --go-heap go.2.pb.gz "$new" || fail 'no both.pb.gz'
if command -v go >/dev/null; then
	go tool pprof -top -cum -unit=B -nodecount=0 -nodefraction=0 both.pb.gz >go.txt 2>&1
	for name in '[C heap]' '[Go heap]'; do
		theirs=$(awk -v name="$name" '$6 " " $7 == name { print $4 + 0 }' go.txt)
		[ "$theirs" = "$(row "$name")" ] || fail "$name has $theirs bytes in go tool pprof"
	done
fi

"$SYMBOLIZE" --base "$base" --go-heap go.2.pb.gz "$new" >/dev/null 2>err && fail 'Go heap without base'
has err 'needs --go-base' || fail "$(cat err)"
report --tsv --nodecount 0 --nodefraction 0 --base "$base" --go-base go.1.pb.gz --go-heap go.2.pb.gz "$new"
grown=$(($(row main.keepGo) - (5 << 20))) # more by the slice that keeps them
between $grown 0 4096 || fail "Go's heap has grown by 5 MB and $grown bytes"
near "$(row '[C heap]')" $((4000 * 4000 + 2000 * 6000)) 25

# The same on both sides is no difference; twice on one side is once.
report --base "$new" --go-base go.2.pb.gz --go-heap go.2.pb.gz "$new"
names 'No difference.' ''
report --tsv --nodecount 0 --nodefraction 0 --base "$new" "$new" "$new"
twice=$(row main.leakThing)
report --tsv --nodecount 0 --nodefraction 0 "$new"
[ "$twice" = "$(row main.leakThing)" ] || fail "twice minus once is $twice"
report --tsv --nodecount 0 --nodefraction 0 --base "$base" --base "$base" "$new" "$new"
twice=$(row main.leakThing)
report --tsv --nodecount 0 --nodefraction 0 --base "$base" "$new"
[ "$twice" = $((2 * $(row main.leakThing))) ] || fail "two minus two is $twice"

# What one side does not have at all.
sed '/^ .*@ 0x/d; s/^\(heap profile:\).*@/\1 0: 0 [0: 0] @/; s/^# held .*/# held 0/' "$new" >empty.heap
report --base empty.heap --stacks 1 "$new"
has report '; new$' || fail 'nothing is new'
names main.leakString '  new'
report --base "$new" --stacks 1 empty.heap
has report '; was .*, gone$' || fail 'nothing is gone'
names main.leakString '  gone'
