#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: our rows are, function by function and byte by byte, those of go tool pprof on the .pb.gz
# that we write, for all four sample types, with and without cgo's own frames, and in a difference
# too, where pprof subtracts by itself, and with its -normalize; --flat, --cum, --tree, --peek and
# --list are its text, line by line and in its order, under each of the filters and by line, file and
# address too.
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

# The text of the other views, line by line and in its order, without the file:line that we add.
normal() { # what stays of a line; with an argument file:line are the name's
	awk -v places="${1-}" '
		/^Showing nodes|^Total:/ { on = 1 }
		!on || /^Sorted by|^Dropped .*edge/ { next }
		/^$/ { exit }
		{
			gsub(/ \((partial-)?inline\)/, ""); sub(/ \+[0-9]+ lines?/, ""); sub(/  -> C\..*/, "")
			at = index($0, "| ") ? index($0, "| ") + 1 : match($0, /^ *[^ ]+ +[^ ]+% +[^ ]+% +[^ ]+ +[^ ]+%  /) ? RLENGTH : 0
			name = substr($0, at + 1); sub(/^ +/, "", name)
			if (at && !places) sub(/  .*/, "", name)
			$0 = substr($0, 1, at) " " name
			gsub(/[ \t]+/, " "); sub(/^ /, ""); sub(/ $/, ""); print
		}'
}

view() { # OUR-OPTIONS -- THEIR-OPTIONS
	local ours=() places=
	while [ "$1" != -- ]; do
		ours+=("$1")
		shift
	done
	shift
	[[ " $* " != *' -lines '* && " $* " != *' -addresses '* ]] || places=1
	"$SYMBOLIZE" "${ours[@]}" "$new" 2>tsv.err | normal $places >rows.ours
	go tool pprof "$@" new.pb.gz 2>pprof.err | normal 1 >rows.theirs
	same "${ours[*]}"
}

"$SYMBOLIZE" --pprof new.pb.gz "$new" || fail 'no new.pb.gz'
view --flat --stacks 1 -- -top
view --cum --stacks 1 -- -top -cum
view --tree -- -tree
view --tree --cum --nodecount 5 -- -tree -cum -nodecount=5
view --tree --nodefraction 0.4 --edgefraction 0.6 -- -tree -nodefraction=0.4 -edgefraction=0.6
view --peek 'main\.deep' -- -peek 'main\.deep'
view --peek 'main.*go:' -lines -- -peek 'main.*go:' -lines
view --tree --focus leakThing -- -tree -focus=leakThing
view --tree --ignore '(?i)LEAKTHING' -- -tree -ignore='(?i)LEAKTHING'
view --tree --hide '\.deep$' --unit B -- -tree -hide='\.deep$' -unit=B
view --tree --show 'func\d|thing' -alloc_space -- -tree -show='func\d|thing' -sample_index=alloc_space
view --tree -show_from='func1$' -sample_index=1 -- -tree -show_from='func1$' -sample_index=1
view --tree --tagfocus 4001: -- -tree -tagfocus=4001B:
view --tree --tagignore 1kb:5000B -- -tree -tagignore=1kb:5000B
view --tree --noinlines --unit kilobytes -- -tree -noinlines -unit=kilobytes
view --text --flat -addresses --stacks 1 -- -text -addresses
view --tree -lines -- -tree -lines
view --list 'main\.' -- -list 'main\.'
"$SYMBOLIZE" --flat -filefunctions --stacks 1 "$new" | normal 1 | sed 's/:[0-9]*$//' >rows.ours
go tool pprof -text -filefunctions new.pb.gz 2>pprof.err | normal 1 >rows.theirs
same filefunctions
# Its -files keeps functions apart, without their names.
for type in inuse_space alloc_objects; do
	"$SYMBOLIZE" --by line --tsv --nodecount 0 --nodefraction 0 -$type "$new" | awk -F'\t' 'NR > 1 {
		gsub(/ +/, " ", $4); print $1 "\t" $2 "\t" $4 ($6 ? " " $5 ":" $6 : "") }' | sort >rows.ours
	theirs $type -lines new.pb.gz
	same "by line, $type"
done

"$SYMBOLIZE" --pprof base.pb.gz "$base" || fail 'no base.pb.gz'
ours --normalize --base "$base" "$new"
theirs inuse_space -normalize -base base.pb.gz new.pb.gz
same normalize
