#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# threads.sh - how malloc and free scale with threads, bare and with every block recorded. As a
# Markdown table: millions of pairs a second, the best of nine; the runs take turns.

set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=$(realpath -m "${BUILD:-build}")
lib=$BUILD/libleaktrack.so
unset "${!LEAKTRACK@}"

best() { # preload, threads
	LD_PRELOAD=$1 LEAKTRACK_RATE=1 LEAKTRACK_EXIT=none "$BUILD/bench/threads" "$2" 1000000
}

echo "| threads, on $(nproc) processors | bare, M pairs/s | against one thread | every block, M pairs/s | against one thread |"
echo '|---|---|---|---|---|'
first=
for threads in 1 2 4 8; do
	for _ in 1 2 3 4 5 6 7 8 9; do
		echo "$(best '' $threads) $(best "$lib" $threads)"
	done | awk -v threads=$threads -v first="$first" '
		$1 > bare { bare = $1 }
		$2 > ours { ours = $2 }
		END {
			split(first == "" ? bare " " ours : first, one)
			printf "%d %d| %d | %.1f | %.2f | %.1f | %.2f |\n", bare, ours, threads, bare / 1e6,
				bare / one[1], ours / 1e6, ours / one[2]
		}' >"$BUILD/bench/threads.row"
	first=${first:-$(cut -d'|' -f1 "$BUILD/bench/threads.row")}
	cut -d'|' -f2- "$BUILD/bench/threads.row" | sed 's/^/|/'
done
rm -f "$BUILD/bench/threads.row"
