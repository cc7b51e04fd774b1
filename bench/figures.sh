#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# figures.sh - what leaktrack costs, beside what it may cost: memory, start-up, the tool's time
#
# The loop's costs are bench/loop.sh's. Clock times are medians; the machine should be idle.

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

# How many milliseconds later a program ends under the library; the two take turns, 300 times, and
# the lower quartiles are compared: the rest is the machine's other work.
later() { # program
	local i start
	for ((i = 0; i < 300; i++)); do
		start=$EPOCHREALTIME
		env LD_PRELOAD= "$1"
		awk "BEGIN { print ($EPOCHREALTIME - $start) * 1000 }" >>"$work/bare"
		start=$EPOCHREALTIME
		env LD_PRELOAD="$lib" "$1"
		awk "BEGIN { print ($EPOCHREALTIME - $start) * 1000 }" >>"$work/ours"
	done
	paste <(sort -n "$work/bare" | sed -n 75p) <(sort -n "$work/ours" | sed -n 75p) |
		awk '{ printf "%.2f ms (bare, with env: %.2f)", $2 - $1, $1 }'
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
row 'start and end of /bin/true, later than bare' "$(later /bin/true)" '1 ms'
demo=$(find "$BUILD/demo" -name '*.exit.heap' 2>/dev/null | head -n 1)
if [ -n "$demo" ]; then
	start=$EPOCHREALTIME
	"$BUILD/leaktrack-symbolize" "$demo" >/dev/null
	row "leaktrack-symbolize of the demo's dump" \
		"$(awk "BEGIN { printf \"%.3f s\", $EPOCHREALTIME - $start }")" '0.3 s'
fi
