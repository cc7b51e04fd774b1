#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# loop.sh - what one malloc(64)/free pair costs: instructions by callgrind, which are the same on
# every run and machine, and nanoseconds, the median of seven, which are not. As a Markdown table.

set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=$(realpath -m "${BUILD:-build}")
work=$BUILD/bench
loop=$work/loop
lib=$BUILD/libleaktrack.so
export LEAKTRACK_EXIT=none

command -v valgrind >/dev/null || { echo 'loop.sh: no valgrind here' >&2; exit 1; }

gcc -O2 -fPIC -shared -fno-builtin -o "$work/passthrough.so" bench/passthrough.c -ldl ||
	exit 1

collected() { # pairs, depth
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$loop" "$1" "$2" 2>&1 >/dev/null |
		awk '/Collected/ { print $NF }'
}

instructions() { # preload, rate, depth
	local few many
	export LD_PRELOAD=$1 LEAKTRACK_RATE=$2
	few=$(collected 20000 "$3")
	many=$(collected 520000 "$3")
	unset LD_PRELOAD LEAKTRACK_RATE
	awk "BEGIN { printf \"%.1f\", ($many - $few) / 500000 }"
}

nanoseconds() { # preload, rate, pairs, depth
	for _ in 1 2 3 4 5 6 7; do
		LEAKTRACK_RATE=$2 LD_PRELOAD=$1 "$loop" "$3" "$4"
	done | sort -n | sed -n 4p
}

echo '| malloc(64) + free, a pair | instructions | above bare | ns | ns 30 frames deep | ns 100 deep |'
echo '|---|---|---|---|---|---|'
bare=
row() { # name, preload, rate, pairs for the clock
	local count
	count=$(instructions "$2" "$3" 0)
	bare=${bare:-$count}
	printf '| %s | %s | %s | %s | %s | %s |\n' "$1" "$count" \
		"$(awk "BEGIN { printf \"%+.1f\", $count - $bare }")" "$(nanoseconds "$2" "$3" "$4" 0)" \
		"$(nanoseconds "$2" "$3" "$4" 30)" "$(nanoseconds "$2" "$3" "$4" 100)"
}
row 'bare glibc' '' 512k 5000000
row 'an empty pass-through' "$work/passthrough.so" 512k 5000000
[ -e "$lib" ] && row 'leaktrack, default rate' "$lib" 512k 5000000
[ -e "$lib" ] && row 'leaktrack, every block' "$lib" 1 300000
