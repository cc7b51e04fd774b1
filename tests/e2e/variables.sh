#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a wrong variable is one line on stderr that names it, what it takes and what is used
# instead, and the host runs on; right ones do what README.md says; LEAKTRACK=off does nothing.
# Fails when: a wrong value is taken silently, ends the host, or is said twice or by each
# program of a script.
. "$(dirname "$0")/common.bash"

run() { # VARIABLE=VALUE...
	rm -f ./*.heap
	env LD_PRELOAD="$LIB" "$@" "$PROG/e2e_leak" 100 2000 return >out 2>err || fail "$*: status $?"
	pid=$(sed -n 's/^pid //p' out)
}

while read -r wrong used; do
	run LEAKTRACK_RATE=1 "$wrong"
	[ "$(wc -l <err)" = 1 ] || fail "$wrong: $(cat err)"
	has err "^leaktrack: .*${wrong%%=*}.* takes .*using $used" || fail "$wrong: $(cat err)"
	complete "leaktrack.$pid.exit.heap" || fail "$wrong: no exit dump"
done <<'END'
LEAKTRACK_MEMORY=lots 64m
LEAKTRACK_MEMORY=1k 64m
LEAKTRACK_DEPTH=0 128
LEAKTRACK_DEPTH=100000 128
LEAKTRACK_SIGNAL=USR9 USR2
LEAKTRACK_SIGNAL=9 USR2
LEAKTRACK_EXIT=maybe first
LEAKTRACK_KEEPER=perhaps go
LEAKTRACK=yes on
END
for wrong in 0 -1 many 1x 99999999999999999999; do
	run LEAKTRACK_RATE=$wrong
	[ "$(wc -l <err)" = 1 ] || fail "LEAKTRACK_RATE=$wrong: $(cat err)"
	has err '^leaktrack: .*LEAKTRACK_RATE.* takes .*using 512k' || fail "$wrong: $(cat err)"
done

# Said once, by the program that was given it, and by a child that was given another one.
LEAKTRACK_RATE=many env LD_PRELOAD="$LIB" bash -c '
	for i in 1 2 3; do /bin/true; done
	bash -c "/bin/true; /bin/true"
	LEAKTRACK_RATE=few /bin/true' 2>err || fail "a script: status $?"
[ "$(grep -c RATE=many err) $(grep -c RATE=few err) $(wc -l <err)" = '1 1 2' ] ||
	fail "a script: $(cat err)"

for right in 1 64k 1m 512KiB 2G; do
	run LEAKTRACK_RATE=$right
	[ ! -s err ] || fail "LEAKTRACK_RATE=$right: $(cat err)"
done

run LEAKTRACK=off LEAKTRACK_RATE=nonsense
[ ! -s err ] || fail "$(cat err)"
none_of ./*.heap

run LEAKTRACK_RATE=1 LEAKTRACK_EXIT=none
none_of ./*.heap

mkdir dumps
run LEAKTRACK_RATE=1 LEAKTRACK_DIR="$PWD/dumps"
none_of ./*.heap
valid "dumps/leaktrack.$pid.exit.heap"

# Another signal; the default one is the program's again, which it ends.
LEAKTRACK_RATE=1 LEAKTRACK_SIGNAL=RTMIN+5 start "$PROG/e2e_leak" 10 2000 wait
wait_for 'the first round' has out '^ready$'
kill -39 "$pid"
wait_for 'a dump' complete "leaktrack.$pid.1.heap"
kill -USR2 "$pid"
wait "${started##* }"
[ $? = $((128 + 12)) ] || fail 'SIGUSR2 did not end the program'

LEAKTRACK_RATE=1 LEAKTRACK_SIGNAL=none start "$PROG/e2e_leak" 10 2000 wait
wait_for 'the first round' has out '^ready$'
kill -USR2 "$pid"
wait "${started##* }"
[ $? = $((128 + 12)) ] || fail 'SIGUSR2 did not end the program'
rm -f "$STATE_DIR/$pid".*.state
