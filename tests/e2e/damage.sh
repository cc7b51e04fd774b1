#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a program that writes over our tables runs on as without us; sampling ends, the next dump
# and the exit dump say so, the tool tells it in words, and nothing is said on stderr.
# Fails when: what the tables tell is followed wherever it leads.
. "$(dirname "$0")/common.bash"

for what in header tables; do
	LEAKTRACK_RATE=1 start "$PROG/e2e_damage" $what
	wait_for 'the damage' has out '^ready$'
	kill -USR2 "$pid"
	wait_for 'the dump' complete "leaktrack.$pid.1.heap"
	has "leaktrack.$pid.1.heap" '^# failures [0-9]+ off table$' ||
		fail "$what: the dump does not tell: $(grep '^#' "leaktrack.$pid.1.heap" | head -5)"
	go_on
	wait "${started##* }" || fail "$what: status $?"
	[ ! -s err ] || fail "$what: $(cat err)"
	has "leaktrack.$pid.exit.heap" '^# failures [0-9]+ off table$' ||
		fail "$what: the exit dump does not tell"
	"$SYMBOLIZE" "leaktrack.$pid.exit.heap" >report 2>&1
	has report '^Switched off: a table was damaged|damaged: some stacks are missing' ||
		fail "$what: $(cat report)"
	no_state "$pid" || fail "$what: the state file is left"
done
