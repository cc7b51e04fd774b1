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

# Milliseconds that one run of a command takes, over 200 of them, the median.
milliseconds() { # command...
	local i start
	for ((i = 0; i < 200; i++)); do
		start=$EPOCHREALTIME
		"$@" >/dev/null
		awk "BEGIN { print ($EPOCHREALTIME - $start) * 1000 }"
	done | sort -n | sed -n 100p
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

echo '| what | measured | at most |'
echo '|---|---|---|'
row 'memory for 100,000 live samples on 20,000 stacks of 30 frames' "$(memory 100000 20000 30)" '32 MiB'
row 'the same, stacks of 60 frames' "$(memory 100000 20000 60)" '32 MiB'
bare=$(milliseconds /bin/true)
ours=$(milliseconds env LD_PRELOAD="$lib" /bin/true)
env=$(milliseconds env /bin/true)
row 'start and end of /bin/true, later than bare' \
	"$(awk "BEGIN { printf \"%.2f ms (bare %.2f)\", $ours - $env, $bare }")" '1 ms'
demo=$(find "$BUILD/demo" -name '*.exit.heap' 2>/dev/null | head -n 1)
if [ -n "$demo" ]; then
	start=$EPOCHREALTIME
	"$BUILD/leaktrack-symbolize" "$demo" >/dev/null
	row "leaktrack-symbolize of the demo's dump" \
		"$(awk "BEGIN { printf \"%.3f s\", $EPOCHREALTIME - $start }")" '0.3 s'
fi
