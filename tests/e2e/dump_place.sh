#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: dumps go to LEAKTRACK_DIR, else the working folder; where that cannot be, to TMPDIR, and
# one line says so. A planted link is not followed, an existing file is not overwritten, the mode
# is not more open than the user's umask.
# Fails when: a dump is lost because one folder is gone, or goes where an attacker pointed.
. "$(dirname "$0")/common.bash"

export LEAKTRACK_RATE=1
run() { # variables...
	env "$@" LD_PRELOAD="$LIB" "$PROG/e2e_leak" 50 600 return >"$top/out" 2>"$top/err" ||
		fail "$*: status $?"
	pid=$(sed -n 's/^pid //p' "$top/out")
}
top=$PWD

mkdir 'a folder' tmp gone
run LEAKTRACK_DIR="$top/a folder"
valid "a folder/leaktrack.$pid.exit.heap"
[ ! -s err ] || fail "$(cat err)"

run LEAKTRACK_DIR=/nowhere/at/all TMPDIR="$top/tmp"
valid "tmp/leaktrack.$pid.exit.heap"
[ "$(wc -l <err)" = 1 ] || fail "not one line: $(cat err)"
has err '^leaktrack: .*/nowhere/at/all' || fail "$(cat err)"

cd gone || fail 'no folder'
rmdir "$top/gone" || fail 'cannot leave the floor'
run TMPDIR="$top/tmp"
cd "$top" || fail 'no way back'
valid "tmp/leaktrack.$pid.exit.heap"
[ "$(wc -l <err)" = 1 ] || fail "not one line: $(cat err)"

# Links that somebody planted under every name that a dump may get, and old dumps of the same pid.
start "$PROG/e2e_leak" 10 600 wait
wait_for 'the first round' has out '^ready$'
echo precious >victim
for n in 1 2 3; do ln -s victim "leaktrack.$pid.$n.heap"; done
echo old >"leaktrack.$pid.exit.heap"
kill -USR2 "$pid"
wait_for 'a dump beside the links' complete "leaktrack.$pid.4.heap"
go_on
go_on
wait "${started##* }" || fail "status $?"
[ "$(cat victim)" = precious ] || fail 'a link was followed'
[ "$(cat "leaktrack.$pid.exit.heap")" = old ] || fail 'an older dump was overwritten'
complete "leaktrack.$pid.exit.2.heap" || fail "no exit dump beside the old one: $(ls)"

(umask 077 && run TMPDIR="$top/tmp" && echo "$pid" >pid)
[ "$(stat -c %a "leaktrack.$(cat pid).exit.heap")" = 600 ] || fail 'the mode is not 600'
