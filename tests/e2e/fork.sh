#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a forked child has its own profile, which begins at the fork: what it leaks is not its
# parent's and the other way round. By default only the process that the user started
# leaves an exit dump, LEAKTRACK_EXIT=all gives each its own, none gives none; vfork leaves the
# parent's alone. The parent sees no child but its own.
# Fails when: the two share a state file, or a keeper is the host's child.
. "$(dirname "$0")/common.bash"

run() { # variables and arguments of e2e_fork; sets parent, child
	rm -f ./*.heap
	env LEAKTRACK_RATE=1 LD_PRELOAD="$LIB" "$@" >out 2>err || fail "status $?: $(cat err)"
	[ ! -s err ] || fail "$(cat err)"
	read -r parent child <out
}

run "$PROG/e2e_fork"
valid "leaktrack.$parent.exit.heap"
expect_blocks "leaktrack.$parent.exit.heap" 1000 10 10
expect_blocks "leaktrack.$parent.exit.heap" 3000 0 0
expect_blocks "leaktrack.$parent.exit.heap" 5000 10 10
none_of "leaktrack.$child.exit.heap"
no_state "$child" || fail "the child's state file stays"

run LEAKTRACK_EXIT=all "$PROG/e2e_fork"
expect_blocks "leaktrack.$parent.exit.heap" 5000 10 10
expect_blocks "leaktrack.$parent.exit.heap" 3000 0 0
valid "leaktrack.$child.exit.heap"
expect_blocks "leaktrack.$child.exit.heap" 1000 0 0
expect_blocks "leaktrack.$child.exit.heap" 3000 10 10
expect_blocks "leaktrack.$child.exit.heap" 5000 0 0

run LEAKTRACK_EXIT=none "$PROG/e2e_fork"
none_of ./*.heap

run "$PROG/e2e_fork" vfork
expect_blocks "leaktrack.$parent.exit.heap" 1000 10 10
expect_blocks "leaktrack.$parent.exit.heap" 5000 10 10
[ "$(echo ./*.heap)" = "./leaktrack.$parent.exit.heap" ] || fail "also there: $(echo ./*.heap)"

# A command that a shell runs is a child, too: the user started the shell.
run sh -c '"$0" >pids; cat pids' "$PROG/e2e_fork"
none_of "leaktrack.$parent.exit.heap" "leaktrack.$child.exit.heap"
