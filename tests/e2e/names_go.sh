#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: for every 29th byte of a cgo program's Go text, the reported functions, files, lines and
# inlined calls are those that runtime.CallersFrames gives inside of the program; plain, stripped,
# PIE and both, and with its section headers cut off.
# Fails when: Go changes the layout of its tables, or we read them otherwise.
. "$(dirname "$0")/common.bash"

command -v go >/dev/null || skip 'no Go here'

compare() { # program
	"$(realpath "$1")" dump >dump.heap || fail "$1 dump: $?"
	"$SYMBOLIZE" --json --all-frames dump.heap >answer.json 2>err || fail "$(cat err)"
	"$1" check answer.json >differences || fail "$1: $(cat differences)"
	[ "$(awk '/^same/ { print $2 }' differences)" -gt 10000 ] || fail "$1: $(cat differences)"
}

# The ELF header's offset and number of section headers become 0.
without_sections() { # program, copy
	cp "$1" "$2" || fail "cp $1"
	printf '\0\0\0\0\0\0\0\0' | dd of="$2" bs=1 seek=40 conv=notrunc status=none
	printf '\0\0\0\0' | dd of="$2" bs=1 seek=60 conv=notrunc status=none
}

for program in "$PROG"/e2e_names{,-stripped,-pie,-pie-stripped}; do
	compare "$program"
	without_sections "$program" ./bare
	compare ./bare
done
