#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# instructions.sh - instructions of whole programs by callgrind: bare, under two pass-throughs, under
# ours at the default rate. Exact, where clocks are uncertain by more than what is to be shown. The
# first pass-through is the least that can be (bench/passthrough.c: one jump a call), the second one
# that every program bears (tests/host/passthrough.c), as ours must. As a Markdown table.
#
# A Go program runs under valgrind where it is told not to read the time stamp counter by RDTSCP,
# which valgrind does not know. One thread for Go code, no preemption and no collection of its heap
# then make it count the same to some 0.02 %.

set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=bench/contenders.bash
. bench/contenders.bash
contenders three
gcc -O2 -fPIC -shared -fno-builtin -o "$work/safe.so" tests/host/passthrough.c -ldl || exit 1
envs[3]="LD_PRELOAD=$work/safe.so"
command -v valgrind >/dev/null || { echo 'instructions.sh: apt-get install valgrind' >&2; exit 1; }
export LEAKTRACK_EXIT=none PYTHONHASHSEED=0
top=$PWD
cd "$work" || exit 1

# The program alone, not what it starts: gcc's cc1 is therefore asked for by its name.
collected() { # variables, command...
	local more=$1
	shift
	# shellcheck disable=SC2086 # words on purpose
	env $more valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
		awk '/Collected/ { print $NF }'
}

row() { # name, command...
	local name=$1 counts=() i
	shift
	for i in 0 1 2 3; do counts+=("$(collected "${envs[i]}" "$@")"); done
	awk -v name="$name" -v bare="${counts[0]}" -v empty="${counts[1]}" -v ours="${counts[2]}" \
		-v safe="${counts[3]}" 'BEGIN {
		printf "| %s | %.1f | %.4f | %.4f | %.4f | %.4f |\n", name, bare / 1e6, empty / bare, \
			safe / bare, ours / bare, ours / safe }'
}

awk 'BEGIN {
	print "create table t(a integer primary key, b text); begin;"
	for (i = 0; i < 5000; i++) printf "insert into t values(%d, \"row %d\");\n", i, i * 7919 % 5000
	print "commit; create index tb on t(b); select a.b, count(*) from t a join t b on a.b = b.b group by a.b limit 5;"
}' >script.sql
echo 'import json; print(len(json.dumps([{"id": i, "name": "row %d" % i} for i in range(4000)])))' >work.py
gcc -E -I"$top/lib" -I"$top/include" -I"$top" -D_GNU_SOURCE "$top/lib/unwind.c" -o unwind.i

echo '| program | bare, million | a jump a call | a safe pass-through | leaktrack | leaktrack / safe pass-through |'
echo '|---|---|---|---|---|---|'
row sqlite3 sqlite3 :memory: '.read script.sql'
row python3 "$python" work.py
PYTHONMALLOC=malloc row 'python3, PYTHONMALLOC=malloc' "$python" work.py
row 'factor (bench/factor.c)' "$BUILD/bench/factor" 1000036000099000
row 'cc1 -O1' "$(gcc -print-prog-name=cc1)" -quiet -O1 unwind.i -o unwind.s
export GOMAXPROCS=1 GOGC=off GODEBUG=cpu.rdtscp=off,asyncpreemptoff=1
if CGO_ENABLED=1 GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-buildvcs=false go build -o go_sqlite \
	"$top/tests/host/go_sqlite.go" 2>/dev/null; then
	row 'cgo: sqlite (tests/host/go_sqlite.go)' ./go_sqlite
else
	echo 'Left out: a cgo program; it wants Go and libsqlite3-dev' >&2
fi
