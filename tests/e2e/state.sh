#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: the state file of a running process reads the same as a dump of that moment, row by row
# and byte by byte; the file of a killed process still tells; a cut copy is said to be cut.
# Fails when: the readers of dumps and state files part from each other.
. "$(dirname "$0")/common.bash"

rows() { # FILE TYPE
	"$SYMBOLIZE" --tsv --nodecount 0 --nodefraction 0 "-$2" "$1" 2>tsv.err || fail "$1: $(cat tsv.err)"
}

start "$PROG/e2e_leak" 20000 1500 wait
wait_for 'the first round' has out '^ready$'
# It asks for a buffer to read a line into, which may be sampled: not between the two readings.
wait_for 'its wait for a line' has "/proc/$pid/status" '^State:.S'
dump 1
state=$(compgen -G "$STATE_DIR/$pid.*.state") || fail 'no state file'
for type in inuse_space inuse_objects alloc_space alloc_objects; do
	rows "leaktrack.$pid.1.heap" $type >from_dump
	rows "$state" $type >from_state
	[ -s from_dump ] || fail 'no rows'
	diff from_dump from_state >difference || fail "$type: $(cat difference)"
done
report --base "$state" "leaktrack.$pid.1.heap"
has report '^No difference' || fail "$(cat report)"
report "$state"
has report '^Time: .*, [0-9.]+s after the start$' || fail "the state of a living process has no time: $(cat report)"

kill -KILL "$pid"
wait_for 'its end' gone "$pid"
[ -e "$state" ] || skip 'the state file went with the process'
report "$state"
names forget e2e_leak.c
head -c 6000 "$state" >cut.state
"$SYMBOLIZE" cut.state >report 2>err
[ $? = 1 ] || fail 'a cut state file is no success'
has err 'cut' || fail "$(cat err)"
