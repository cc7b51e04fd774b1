#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: each example of leaktrack-symbolize(1) works as it stands there, on dumps of a real program
# that has the names which the manual uses, and each report has an example.
# Fails when: an example has a wrong option, or a report gets none.
. "$(dirname "$0")/common.bash"

start "$PROG/e2e_cgo" heap
wait_for 'the first round' has out '^ready$'
dump 1
go_on
wait_for 'the second round' has out '^again$'
dump 2
# The manual speaks of 4711 and 4712, of main.open, and of files that other tools have written.
for n in 1 2; do
	cp "leaktrack.$pid.$n.heap" leaktrack.4711.$n.heap
	cp "leaktrack.$pid.$n.heap" leaktrack.4712.$n.heap
done
cp leaktrack.4711.2.heap leaktrack.4711.exit.heap
cp leaktrack.4711.2.heap leaktrack.1.exit.heap
cp go.1.pb.gz old.pb.gz && cp go.2.pb.gz go.pb.gz
mkdir bin && ln -s "$SYMBOLIZE" bin/leaktrack-symbolize
state=$(compgen -G "$STATE_DIR/$pid.*.state") || fail 'no state file'

sed -n '/^\.SH EXAMPLES/,/^\.SH SEE/p' "$TOP/man/leaktrack-symbolize.1" |
	sed -n 's/\\-/-/g; s/\\e/\\/g; s/^\$ //p' | grep leaktrack-symbolize >examples
[ "$(wc -l <examples)" -gt 15 ] || fail 'few examples'
while read -r line; do
	line=${line//main\\.open/main\\.leakThing}
	line=${line/'/dev/shm/leaktrack-1000/4711.*.state'/$state}
	line=${line/'/tmp/root'/'/'}
	# What stands behind a pipe or ';' is another program's, which may not be here.
	case $line in
	*'| flamegraph.pl'*) command -v flamegraph.pl >/dev/null || line=${line%%|*} ;;
	*'| dot '*) command -v dot >/dev/null || line=${line%%|*} ;;
	*'| jq '*) command -v jq >/dev/null || line=${line%%|*} ;;
	*'; jeprof'*) command -v jeprof >/dev/null || line=${line%%;*} ;;
	'kill '* | 'curl '*) continue ;;
	esac
	rm -f heap.* both.* callgrind.out.*
	PATH=$PWD/bin:$PATH bash -o pipefail -c "$line" >out 2>err || fail "$line: $(cat err)"
	[ -s out ] || compgen -G 'heap.*' >/dev/null || [ -s both.pb.gz ] || [ -s callgrind.out.heap ] ||
		fail "$line: nothing was written"
done <examples

formats=$(sed -n 's/^\t{"\([a-z]*\)", .*, \(FORMAT\|PATTERN\), 0},/\1/p' "$TOP/tools/args.c")
for format in $formats; do
	[ "$format" = top ] || has examples "--$format" || fail "no example of --$format"
done
for format in html pprof; do
	has examples "--$format" || fail "no example of --$format"
done
