#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a Go program that is killed leaves its last dump all the same, written by the keeper; and
# the keeper is no child that the program could wait for, and goes when it has written.
# Fails when: the keeper dies with its program, or stays after it.
. "$(dirname "$0")/cgo_common.bash"

for by in itself us group; do
	if [ $by = group ]; then # as a shell's job control or a service manager ends programs
		launcher=setsid
		start "$PROG/e2e_cgo"
	else
		start "$PROG/e2e_cgo" kill
	fi
	wait_for 'the first round' has out '^ready$'
	case $by in
	itself)
		go_on
		wait_for 'the second round' has out '^again$'
		go_on
		;;
	us) kill -KILL "$pid" ;;
	group) kill -TERM -- "-$(ps -o pgid= "$pid" | tr -d ' ')" ;;
	esac
	wait_for "the keeper's dump, killed by $by" complete "leaktrack.$pid.exit.heap"
	valid "leaktrack.$pid.exit.heap"
	report "leaktrack.$pid.exit.heap"
	cgo_names
	wait_for 'the end of the state file' no_state "$pid"
done
