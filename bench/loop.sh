#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# loop.sh - what one malloc(64)/free pair costs: instructions by callgrind, which are the same on
# every run and machine, and nanoseconds, the median of seven, which are not. Beside it, by the clock
# alone, whoever is installed: first those that sample, at the same rate, then those that record
# every block. As a Markdown table.

set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=bench/contenders.bash
. bench/contenders.bash
contenders "${QUICK:-all}"
loop=$BUILD/bench/loop
export LEAKTRACK_EXIT=none

command -v valgrind >/dev/null || { echo 'loop.sh: no valgrind here' >&2; exit 1; }

collected() { # variables, pairs
	# shellcheck disable=SC2086 # words on purpose
	env $1 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$loop" "$2" 2>&1 >/dev/null |
		awk '/Collected/ { print $NF }'
}

instructions() { # variables
	local few many
	few=$(collected "$1" 20000)
	many=$(collected "$1" 520000)
	awk "BEGIN { printf \"%.1f\", ($many - $few) / 500000 }"
}

nanoseconds() { # variables, runs, pairs, depth
	local i
	for ((i = 0; i < $2; i++)); do
		# shellcheck disable=SC2086
		env $1 "$loop" "$3" "$4" 2>/dev/null | tail -n 1
		rm -rf "$work"/out/*
	done | sort -n | sed -n "$((($2 + 1) / 2))p"
}

bare=
row() { # name, variables, pairs for the clock, runs, 'counted'
	local count='' above='' depth
	if [ -n "${5-}" ]; then
		count=$(instructions "$2")
		bare=${bare:-$count}
		above=$(awk "BEGIN { printf \"%+.1f\", $count - $bare }")
	fi
	printf '| %s | %s | %s |' "$1" "$count" "$above"
	for depth in 0 30 100; do printf ' %s |' "$(nanoseconds "$2" "$4" "$3" $depth)"; done
	echo
}

echo '| malloc(64) + free, a pair | instructions | above bare | ns | ns 30 frames deep | ns 100 deep |'
echo '|---|---|---|---|---|---|'
for i in "${!names[@]}"; do
	[ -n "${once[i]}" ] || row "${names[i]}" "${envs[i]}" 5000000 7 "$([ "$i" -gt 2 ] || echo counted)"
done
row 'leaktrack, every block' "${envs[2]} LEAKTRACK_RATE=1" 300000 7 counted
for i in "${!names[@]}"; do
	[ -z "${once[i]}" ] || row "${names[i]}, every block" "${envs[i]}" 20000 3
done
