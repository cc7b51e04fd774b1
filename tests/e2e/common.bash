# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# common.bash - what the end-to-end tests share. A test is sourced with $BUILD and $TOP set by
# tests/run and runs in an empty folder; by hand: cd /tmp/empty && TOP=... BUILD=... test.sh.
# It ends at the first thing that does not hold, and says what that was.

set -u

TOP=${TOP:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
BUILD=${BUILD:-$TOP/build}
LIB=$BUILD/libleaktrack.so
SYMBOLIZE=${SYMBOLIZE:-$BUILD/leaktrack-symbolize}
export PROG=$BUILD/prog
STATE_DIR=/dev/shm/leaktrack-$(id -u)
unset "${!LEAKTRACK@}" DEBUGINFOD_URLS
export PPROF_TMPDIR=$PWD GOFLAGS=-buildvcs=false

fail() {
	echo "FAIL at line ${BASH_LINENO[*]}: $*"
	exit 1
}

skip() {
	echo "$*"
	exit 77
}

# wait_for WHAT COMMAND... - until the command succeeds, for at most 30 seconds
wait_for() {
	local what=$1 deadline=$((SECONDS + 30))
	shift
	until "$@"; do
		[ $SECONDS -lt $deadline ] || fail "waited 30 seconds for $what"
		sleep 0.02
	done
}

complete() { # FILE: a dump that is whole
	[ -e "$1" ] && tail -n 1 "$1" | grep -q '^# end$'
}

gone() { # PID
	! kill -0 "$1" 2>/dev/null
}

has() { # FILE PATTERN
	grep -Eq -- "$2" "$1" 2>/dev/null
}

no_state() { # PID
	! compgen -G "$STATE_DIR/$1.*.state" >/dev/null
}

none_of() { # FILE... - none of them may exist
	local f
	for f; do
		[ ! -e "$f" ] || fail "$f should not be there"
	done
}

# start PROGRAM ARG... - run it in the background under the library, stdin from fd 9, stdout to
# 'out', stderr to 'err'; sets $pid. It says its pid first, for a launcher may stand before it.
started=
launcher=
start() {
	rm -f in && mkfifo in
	: >out
	$launcher env LD_PRELOAD="$LIB" "$@" <in >out 2>err &
	started="$started $!"
	exec 9>in
	wait_for "the pid of $1" has out '^pid [0-9]+$'
	pid=$(sed -n 's/^pid //p' out)
}

go_on() {
	echo >&9
}

cleanup() {
	local p
	for p in $started; do
		kill -KILL "$p" 2>/dev/null
	done
}
trap cleanup EXIT

# dump N - ask $pid for its Nth dump by a plain kill, wait until it is whole, check its form
dump() {
	kill -USR2 "$pid" || fail "no process $pid for dump $1"
	wait_for "dump $1" complete "leaktrack.$pid.$1.heap"
	valid "leaktrack.$pid.$1.heap"
}

# valid FILE - every line has its form, the sums of the samples are those of the first line
valid() {
	awk '
		function bad(why) { print FILENAME ":" FNR ": " why ": " $0; failed = 1; exit 1 }
		FNR == 1 {
			if ($0 !~ /^heap profile: *[0-9]+: *[0-9]+ \[ *[0-9]+: *[0-9]+\] @ heap_v2\/[0-9]+$/)
				bad("first line")
			line = $0; gsub(/[^0-9 ]/, " ", line); split(line, total, " "); next
		}
		ended { bad("after # end") }
		/^# end$/ { ended = 1; next }
		/^#/ { next }
		/^$/ { next }
		/^MAPPED_LIBRARIES:$/ { maps = 1; next }
		maps {
			if ($0 !~ /^[0-9a-f]+-[0-9a-f]+: r-xp .* \(@[0-9a-f]+\)( [0-9a-f]+)?$/ &&
			    $0 !~ /^[0-9a-f]+-[0-9a-f]+ r[-w]x[ps] [0-9a-f]+ [0-9a-f]+:[0-9a-f]+ [0-9]+/)
				bad("mapping")
			mappings++; next
		}
		{
			if ($0 !~ /^ *[0-9]+: *[0-9]+ \[ *[0-9]+: *[0-9]+\] @( 0x[0-9a-f]+)+$/)
				bad("sample")
			line = $0; sub(/@.*/, "", line); gsub(/[^0-9 ]/, " ", line); split(line, n, " ")
			for (i = 1; i <= 4; i++) sum[i] += n[i]
			if (n[1] > n[3] || n[2] > n[4]) bad("more in use than allocated")
			if (n[1] * n[4] != n[2] * n[3]) bad("two block sizes in one line")
		}
		END {
			if (failed) exit 1
			if (!ended) bad("no # end")
			if (!mappings) bad("no mappings")
			for (i = 1; i <= 4; i++) if (sum[i] + 0 != total[i]) bad("sum " i ": " sum[i] " is not " total[i])
		}' "$1" || fail "$1 is not a well-formed dump"
}

# blocks FILE SIZE - 'inuse allocated' numbers of sampled blocks of exactly that size
blocks() {
	awk -v size="$2" '
		/^ *[0-9]+: .*@ 0x/ {
			sub(/@.*/, ""); gsub(/[^0-9 ]/, " "); split($0, n, " ")
			if (n[3] && n[4] == n[3] * size) { inuse += n[1]; alloc += n[3] }
		}
		END { print inuse + 0, alloc + 0 }' "$1"
}

# expect_blocks FILE SIZE INUSE ALLOC
expect_blocks() {
	local got
	got=$(blocks "$1" "$2")
	[ "$got" = "$3 $4" ] || fail "blocks of $2 in $1: in use and allocated '$got', not '$3 $4'"
}

line_of() { # FILE MARK - the number of the line with that mark
	grep -n -- "$2" "$1" | head -n 1 | cut -d: -f1
}

# report FILE OPTION... - the tool's report on it, in 'report'
report() {
	"$SYMBOLIZE" "$@" >report 2>report.err || fail "leaktrack-symbolize $*: $(cat report.err)"
}

# names FUNCTION FILE:LINE - the report has them in one line
names() {
	grep -F -- "$1" report | grep -Fq -- "$2" ||
		fail "the report does not name $1 at $2:"$'\n'"$(head -n 40 report)"
}

names_not() {
	! grep -Fq -- "$1" report || fail "the report names $1:"$'\n'"$(head -n 40 report)"
}

# near GOT WANTED SAMPLES - an estimate from so many samples: within five standard errors
near() {
	awk -v got="$1" -v wanted="$2" -v n="$3" 'BEGIN {
		d = got - wanted; if (d < 0) d = -d
		exit !(d <= 5 * wanted / sqrt(n)) }' || fail "$1 is far from $2"
}
