#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: our rows are, function by function and byte by byte, those of go tool pprof on the .pb.gz
# that we write, for all four sample types, with and without cgo's own frames, and in a difference
# too, where pprof subtracts by itself; --tree and --peek are its text, line by line, also under
# --focus, --ignore, --hide and --show.
# Fails when: sums, folding, inlined frames or the written profile part from each other.
. "$(dirname "$0")/common.bash"

command -v go >/dev/null || skip 'no go tool pprof here'
start "$PROG/e2e_cgo"
wait_for 'the first round' has out '^ready$'
dump 1
go_on
wait_for 'the second round' has out '^again$'
dump 2
go_on
base=leaktrack.$pid.1.heap new=leaktrack.$pid.2.heap

theirs() { # TYPE OPTION... FILE
	local type=$1
	shift
	go tool pprof -top -unit=B -nodecount=0 -nodefraction=0 -sample_index="$type" "$@" 2>pprof.err |
		awk 'rows {
				flat = $1; cum = $4
				sub(/B$/, "", flat); sub(/B$/, "", cum)
				$1 = $2 = $3 = $4 = $5 = ""
				sub(/^ +/, ""); sub(/ \((partial-)?inline\)$/, "")
				if (flat != 0 || cum != 0) print flat "\t" cum "\t" $0
			}
			/flat%/ { rows = 1 }' | sort >rows.theirs
}

ours() { # OPTION... FILE
	"$SYMBOLIZE" --tsv --nodecount 0 --nodefraction 0 "$@" 2>tsv.err |
		awk -F'\t' 'NR > 1 { gsub(/ +/, " ", $4); print $1 "\t" $2 "\t" $4 }' | sort >rows.ours
}

same() { # WHAT
	[ -s rows.ours ] || fail "$1: no rows: $(cat tsv.err)"
	diff rows.ours rows.theirs >difference || fail "$1: $(head -n 20 difference)"
}

for frames in '' --all-frames; do
	pprof=("$SYMBOLIZE" ${frames:+"$frames"} --pprof)
	"${pprof[@]}" new.pb.gz "$new" || fail 'no new.pb.gz'
	"${pprof[@]}" base.pb.gz "$base" || fail 'no base.pb.gz'
	"${pprof[@]}" diff.pb.gz --base "$base" "$new" || fail 'no diff.pb.gz'
	for type in inuse_space inuse_objects alloc_space alloc_objects; do
		ours "-$type" ${frames:+"$frames"} "$new"
		theirs $type new.pb.gz
		same "$type $frames"
		ours "-$type" ${frames:+"$frames"} --base "$base" "$new"
		theirs $type diff.pb.gz
		same "$type $frames, our difference"
		theirs $type -base base.pb.gz new.pb.gz
		same "$type $frames, their difference"
	done
done

# The text of the other views, line by line: without the file:line that we add, and without the running
# sum, which depends on the order of equal rows.
normal() { # what stays of a line
	sed -E -n '/^Showing nodes/,$p' | sed -E '
		/^$/,$d
		/^Sorted by|^Dropped/d
		s/ \((partial-)?inline\)//
		s/ \+[0-9]+ lines?//
		s/  -> C\..*//
		s/(\| [^ ].*)  [^ ]+\.[a-zA-Z]+:[0-9]+$/\1/
		s/^( *[^ ]+ +[^ ]+%) +[^ ]+%( +[^ ]+ +[^ ]+%)/\1\2/
		s/[ \t]+/ /g; s/^ //; s/ $//' | sort
}

view() { # OUR-OPTIONS -- THEIR-OPTIONS
	local ours=()
	while [ "$1" != -- ]; do
		ours+=("$1")
		shift
	done
	shift
	"$SYMBOLIZE" "${ours[@]}" "$new" 2>tsv.err | normal >rows.ours
	go tool pprof "$@" new.pb.gz 2>pprof.err | normal >rows.theirs
	same "${ours[*]}"
}

"$SYMBOLIZE" --pprof new.pb.gz "$new" || fail 'no new.pb.gz'
view --tree -- -tree
# Four have all of it; which of two equal ones would be the fifth is told apart by neither.
view --tree --cum --nodecount 4 -- -tree -cum -nodecount=4
view --peek 'main\.deep' -- -peek 'main\.deep'
view --tree --focus leakThing -- -tree -focus=leakThing
view --tree --ignore '(?i)LEAKTHING' -- -tree -ignore='(?i)LEAKTHING'
view --tree --hide '\.deep$' --unit B -- -tree -hide='\.deep$' -unit=B
view --tree --show 'func\d|thing' -alloc_space -- -tree -show='func\d|thing' -sample_index=alloc_space
# Rows that are names and places in both. (Its -files keeps functions apart, without their names.)
for type in inuse_space alloc_objects; do
	"$SYMBOLIZE" --by line --tsv --nodecount 0 --nodefraction 0 -$type "$new" | awk -F'\t' 'NR > 1 {
		gsub(/ +/, " ", $4); print $1 "\t" $2 "\t" $4 ($6 ? " " $5 ":" $6 : "") }' | sort >rows.ours
	theirs $type -lines new.pb.gz
	same "by line, $type"
done
