#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: the plain JSON is as its schema says, and folded, speedscope, callgrind, the text for
# google-pprof and the profile that go tool pprof -raw shows tell the same stacks, values, lines and
# mappings as it does; dot and callgrind_annotate take theirs; each of a dump, a difference, and with
# all frames.
# Fails when: a format leaves its schema, or loses or invents a stack.
. "$(dirname "$0")/common.bash"

start "$PROG/e2e_cgo"
wait_for 'the first round' has out '^ready$'
dump 1
go_on
wait_for 'the second round' has out '^again$'
dump 2
pprof=
command -v go >/dev/null && pprof=pprof
for kind in new diff frames; do
	more=("leaktrack.$pid.2.heap")
	[ $kind != diff ] || more=(--base "leaktrack.$pid.1.heap" "${more[@]}")
	[ $kind != frames ] || more=(--all-frames "${more[@]}")
	for format in json folded speedscope callgrind raw dot; do
		"$SYMBOLIZE" --$format "${more[@]}" >$kind.$format 2>err || fail "--$format: $(cat err)"
	done
	"$SYMBOLIZE" --pprof $kind.pb.gz "${more[@]}" || fail 'no .pb.gz'
	[ -z "$pprof" ] || go tool pprof -raw $kind.pb.gz >$kind.pprof 2>err || fail "$(cat err)"
	if command -v dot >/dev/null; then
		dot -Tsvg $kind.dot >$kind.svg 2>err || fail "dot: $(cat err)"
		has $kind.svg 'main\.leakThing' || fail 'the graph names no leakThing'
	fi
	if command -v callgrind_annotate >/dev/null; then
		callgrind_annotate --auto=no $kind.callgrind >annotated 2>err || fail "$(cat err)"
		has annotated '\(100\.0%\)  PROGRAM TOTALS$' || fail "callgrind_annotate: $(cat annotated)"
		has annotated ':main\.leak(String|Thing)|:thing_new' || fail "$(cat annotated)"
	fi
done
command -v python3 >/dev/null || skip 'no python3 here'
python3 "$TOP/tests/e2e/formats.py" . "$TOP/tools/report.schema.json" "$pprof" >differences ||
	fail "$(cat differences)"
[ -n "$pprof" ] || skip 'no go tool pprof here'
