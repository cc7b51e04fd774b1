#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# figures.sh - what leaktrack costs, beside what it may cost: memory, start-up, the tool's time
#
# The loop's costs are bench/loop.sh's. The machine should be idle.

set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=$(realpath -m "${BUILD:-build}")
lib=$BUILD/libleaktrack.so
work=$(mktemp -d "$BUILD/bench/figures.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
unset "${!LEAKTRACK@}"

row() { # what, measured, limit
	printf '| %s | %s | %s |\n' "$@"
}

# What variables add to a command's user + system time, in us: the two take turns, and the lower
# quartiles are compared, for the rest is the machine's other work. And what it takes without.
added() { # rounds, variables before, variables after, command...
	local rounds=$1 without=$2 with=$3
	shift 3
	"$BUILD/bench/turns" "$rounds" "$without" "$with" -- "$@" >"$work/turns"
	paste <(quartile 0) <(quartile 1) | awk '{ printf "%.2f ms (without: %.2f)", ($2 - $1) / 1000, $1 / 1000 }'
}

quartile() { # contender
	awk -v c="$1" '$2 == c { print $3 }' "$work/turns" | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 3) / 4)] }'
}

# The ratio of a command's user + system time under the library to that without: median of five.
ratio() { # variables, command...
	local with=$1
	shift
	"$BUILD/bench/turns" 5 '' "$with" -- "$@" |
		awk '$2 == 0 { bare = $3 } $2 == 1 { print $3 / bare }' | sort -n | sed -n '3s/\(\....\).*/\1 times/p'
}

memory() { # blocks, stacks, frames -> own bytes in MiB
	local pid dump
	cd "$work" || exit 1
	rm -f ./*.heap in && mkfifo in
	LEAKTRACK_RATE=1 LD_PRELOAD=$lib "$BUILD/bench/live" "$@" <in >out &
	pid=$!
	exec 9>in
	until grep -q ready out; do sleep 0.05; done
	kill -USR2 $pid
	dump=leaktrack.$pid.1.heap
	until [ -e "$dump" ] && tail -n 1 "$dump" | grep -q '^# end'; do sleep 0.05; done
	echo >&9
	exec 9>&-
	wait $pid
	sed -n 's/^# .*own_bytes \([0-9]*\).*/\1/p' "$dump" | awk '{ printf "%.1f MiB", $1 / 2^20 }'
	awk '{ for (i = 1; i < NF; i++) if ($i == "lost_samples" || $i == "lost_live") lost += $(i + 1) }
		/^# end/ && lost { printf ", %d lost", lost }' "$dump"
}

# What a process that was never sampled has of us in memory: the library's pages that it alone has
# (written to), and those that it shares with every other process and the page cache.
resident() {
	LD_PRELOAD=$lib LEAKTRACK_RATE=1024g bash -c 'cat /proc/$$/smaps; :' | awk '
		/^[0-9a-f]+-[0-9a-f]+ / { ours = /libleaktrack/ || (after && $6 == ""); after = ours }
		ours && /^Rss:/ { rss += $2 }
		ours && /^(Private_Dirty|Anonymous):/ { if ($1 == "Anonymous:") own += $2 }
		END { printf "%d KiB, %d of them its own", rss, own }'
}

echo '| what | measured | at most |'
echo '|---|---|---|'
row 'memory for 100,000 live samples on 20,000 stacks of 30 frames' "$(memory 100000 20000 30)" '32 MiB'
row 'the same, stacks of 40 frames' "$(memory 100000 20000 40)" '12 MiB'
row 'the same, stacks of 60 frames' "$(memory 100000 20000 60)" '32 MiB'
row 'resident in a process that was never sampled' "$(resident)" '200 KiB'
row 'start and end of /bin/true: what the library adds' \
	"$(added 300 '' "LD_PRELOAD=$lib" /bin/true)" '1 ms'
# Its whole life is one block of a MiB: at the rate of a TiB there is no sample, at 1 there are a few.
ours="LD_PRELOAD=$lib LEAKTRACK_EXIT=none LEAKTRACK_RATE"
row 'the first samples of a process: what they add' "$(added 300 "$ours=1024g" "$ours=1" "$BUILD/bench/first")" '1 ms'
cat >"$work/work.py" <<'END'
import json
rows = [{"id": i, "name": "row %d" % i, "tags": [str(j) for j in range(i % 7)]} for i in range(20000)]
print(len(json.loads(json.dumps(rows))))
END
python=$(python3 -c 'import sys; print(sys.executable)')
row 'a Python script with PYTHONMALLOC=malloc, every block recorded: processor time against bare' \
	"$(export PYTHONMALLOC=malloc; ratio "LD_PRELOAD=$lib LEAKTRACK_EXIT=none LEAKTRACK_RATE=1" "$python" "$work/work.py")" ''
mkdir "$work/demo"
LD_PRELOAD=$lib LEAKTRACK_EXIT=all LEAKTRACK_DIR=$work/demo "$BUILD/prog/cgo-leak" -requests 12000 >/dev/null 2>&1 || exit 1
until demo=$(find "$work/demo" -name '*.exit.heap') && [ -n "$demo" ]; do sleep 0.05; done # the keeper's
row "leaktrack-symbolize of the exit dump of examples/cgo-leak" \
	"$(TIMEFORMAT=%3R; { time "$BUILD/leaktrack-symbolize" "$demo" >/dev/null; } 2>&1) s" '0.3 s'
