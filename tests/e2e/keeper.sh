#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a keeper holds nothing of its host: not its name, its program, its working folder, its
# descriptors or its session; a subreaper has none, nor has a program whose next child would be the
# PID 1 of a namespace.
# A host that executes itself again and again has a few keepers at a time, one state file, and one
# dump when it ends.
# Fails when: it is forked and not executed, or does not see that its program was replaced.
. "$(dirname "$0")/common.bash"

keepers() { # PID... - of keepers whose state file is PID's
	local p
	for p in $(pgrep -x leaktrack-keep); do
		case $(readlink "/proc/$p/fd/0") in
		"$STATE_DIR/$1".*) echo "$p" ;;
		esac
	done
}

one_keeper() {
	[ "$(keepers "$1" | wc -l)" = 1 ]
}

no_keeper() {
	[ -z "$(keepers "$1")" ]
}

export LEAKTRACK_KEEPER=always
LEAKTRACK_RATE=1 start "$PROG/e2e_leak" 300 777 wait
wait_for 'the first round' has out '^ready$'
wait_for 'a keeper' one_keeper "$pid"
keeper=$(keepers "$pid")
[ "$(cat "/proc/$keeper/comm")" = leaktrack-keep ] || fail "called $(cat "/proc/$keeper/comm")"
[ "$(readlink "/proc/$keeper/cwd")" = / ] || fail "in $(readlink "/proc/$keeper/cwd")"
[ "$(readlink "/proc/$keeper/exe")" != "$(readlink -f "$PROG/e2e_leak")" ] || fail 'is its program'
[ "$(ls "/proc/$keeper/fd")" = $'0\n1' ] || fail "descriptors: $(ls "/proc/$keeper/fd")"
[ "$(ps -o sid= "$keeper" | tr -d ' ')" = "$keeper" ] || fail 'is in a session of its host'
! grep -q e2e_leak "/proc/$keeper/maps" || fail 'has its host mapped'
! pgrep -f e2e_leak | grep -qx "$keeper" || fail 'is found by pgrep -f'
kill -TERM "$keeper"
kill -KILL "$pid"
wait_for 'the dump' complete "leaktrack.$pid.exit.heap"
valid "leaktrack.$pid.exit.heap"
expect_blocks "leaktrack.$pid.exit.heap" 777 300 600
wait_for 'its end' gone "$keeper"
wait_for 'the end of the state file' no_state "$pid"

# a subreaper
cat >reaper.py <<-'P'
	import ctypes, os, sys
	if sys.argv[1:] != ["again"]:
	    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
	    os.execv(sys.executable, [sys.executable, sys.argv[0], "again"])
	kept = [ctypes.CDLL(None).malloc(1000) for _ in range(100)]
	try:
	    print("child", os.waitpid(-1, os.WNOHANG))
	except ChildProcessError:
	    print("no child")
P
got=$(PYTHONMALLOC=malloc LEAKTRACK_RATE=1 LEAKTRACK_EXIT=all env LD_PRELOAD="$LIB" python3 reaper.py)
[ "$got" = 'no child' ] || fail "a subreaper got $got"

# the next child is PID 1 of a namespace
if [ "$(id -u)" = 0 ] && unshare -p true 2>/dev/null; then
	got=$(LEAKTRACK_RATE=1 unshare -p env LD_PRELOAD="$LIB" bash -c 'bash -c "echo \$\$"; echo $?' 2>&1)
	[ "$got" = $'1\n0' ] || fail "in a namespace of its own: $got"
fi

# again and again, each image with samples and a keeper
cat >again.sh <<-'S'
	[ "$1" != 0 ] || { echo "pid $$"; read -r; kill -KILL $$; }
	exec bash "$0" $(($1 - 1))
S
LEAKTRACK_RATE=64 start bash again.sh 20
wait_for 'one keeper to be left' one_keeper "$pid"
[ "$(find "$STATE_DIR" -name "$pid.*.state" | wc -l)" = 1 ] || fail 'state files of former images'
go_on
wait_for 'the dump of the last one' complete "leaktrack.$pid.exit.heap"
wait_for 'the end of its keeper' no_keeper "$pid"
none_of "leaktrack.$pid.exit.2.heap"
