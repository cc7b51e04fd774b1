#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a Go program's own signal.Notify(SIGUSR2) still gets each signal, once, and each plain
# kill is a dump all the same. A Go program that does not ask for the signal is not ended by it.
# Fails when: our handler is replaced by Go's, or the one before it is not called.
. "$(dirname "$0")/cgo_common.bash"

start "$PROG/e2e_cgo" notify
wait_for 'the first round' has out '^ready$'
for n in 1 2 3 4 5 6 7 8 9 10; do
	dump $n
	wait_for "signal $n" has out "^signal $n\$"
done
go_on
wait_for 'the second round' has out '^again$'
go_on
wait "${started##* }" || fail "the program ended with $?"
has out '^signals 10$' || fail "the program counted: $(tail -n 1 out)"
