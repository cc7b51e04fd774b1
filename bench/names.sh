#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# names.sh [FILE...] - what naming costs: CPU seconds for 10,000 and 100,000 distinct addresses,
# inlined frames included, beside the tools that do the same. As a Markdown table.
# Without a FILE: a cgo program with sqlite3 inside and gopls, built from their modules.
#
# Ours is the whole of leaktrack-symbolize: a dump with one stack an address is read, named, added
# up and written. The others get the bare addresses. Each figure is the least of some runs; the
# last column is ours as a part of llvm-symbolizer's. eu-addr2line walks a whole unit for each
# address: minutes for 100,000, so those are asked for only with SLOW=1.

set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=$(realpath -m "${BUILD:-build}")
symbolize=$BUILD/leaktrack-symbolize
if [ $# = 0 ]; then
	mapfile -t programs < <(tests/names/programs "$BUILD/programs" sqlite gopls)
	[ ${#programs[@]} = 2 ] || programs=("$BUILD/prog/cgo-leak")
	set -- "${programs[@]}"
fi
mkdir -p "$BUILD/bench"
work=$(mktemp -d "$BUILD/bench/names.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
unset DEBUGINFOD_URLS

# Distinct addresses in .text, the same ones on each run, as decimals.
addresses() { # file, count
	readelf -SW "$1" | sed 's/^ *\[ *[0-9]*\]//' | awk -v count="$2" '
		$1 == ".text" { print $3, $5, count }' | {
		read -r start size count
		awk -v start=$((16#$start)) -v size=$((16#$size)) -v count="$count" 'BEGIN {
			srand(1)
			if (count > size) count = size
			while (n < count) {
				a = start + int(rand() * size)
				if (!(a in seen)) { seen[a] = 1; n++; printf "%d\n", a }
			}
		}'
	}
}

dump() { # file <decimals
	echo 'heap profile: 1: 1 [ 1: 1] @ heap_v2/1'
	awk '{ printf "  1: 64 [ 1: 64] @ 0x%x\n", $1 + 1 }'
	echo MAPPED_LIBRARIES:
	readelf -lW "$1" | awk '$1 == "LOAD" && / R E /' | while read -r _ offset vaddr _ size _; do
		printf '%x-%x r-xp %08x 00:00 0   %s\n' $((vaddr)) $((vaddr + size)) $((offset)) "$1"
	done
	echo '# end'
}

seconds() { # command...: user and system time, the least of three runs
	local n
	for ((n = 0; n < runs; n++)); do
		{ TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>&1; } 2>&1
	done | awk '{ t = $1 + $2; if (NR == 1 || t < least) least = t } END { printf "%.2f", least }'
}

memory() { # command...: MB at most
	if [ -x /usr/bin/time ]; then
		/usr/bin/time -f '%M' "$@" 2>&1 >/dev/null | awk 'END { printf "%.0f", $1 / 1024 }'
	else
		printf -- '-'
	fi
}

llvm() { llvm-symbolizer --inlines --obj="$1" <"$2"; }
gnu() { addr2line -a -i -f -e "$1" <"$2"; }
elfutils() { eu-addr2line -a -i -f -e "$1" <"$2"; }
golang() { go tool addr2line "$1" <"$2"; }

column() { # tool, function, file, addresses
	if command -v "$1" >/dev/null; then
		seconds "$2" "$3" "$4"
	else
		printf -- '-'
	fi
}

echo '| addresses | program | ours | MB | llvm-symbolizer | addr2line | eu-addr2line | go tool addr2line (no C) | ours/llvm |'
echo '|---|---|---|---|---|---|---|---|---|'
for file; do
	file=$(realpath "$file")
	for count in 10000 100000; do
		addresses "$file" $count >"$work/decimals"
		[ -s "$work/decimals" ] || { echo "names.sh: $file: no .text" >&2; exit 1; }
		awk '{ printf "0x%x\n", $1 }' <"$work/decimals" >"$work/addresses"
		dump "$file" <"$work/decimals" >"$work/dump"
		runs=3
		ours=$(seconds "$symbolize" --folded "$work/dump")
		mb=$(memory "$symbolize" --folded "$work/dump")
		llvm=$(column llvm-symbolizer llvm "$file" "$work/addresses")
		gnu=$(column addr2line gnu "$file" "$work/addresses")
		go=$(column go golang "$file" "$work/addresses")
		elfutils=-
		runs=1
		if [ $count = 10000 ] || [ -n "${SLOW-}" ]; then
			elfutils=$(column eu-addr2line elfutils "$file" "$work/addresses")
		fi
		printf '| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n' "$(wc -l <"$work/addresses")" \
			"${file##*/}" "$ours" "$mb" "$llvm" "$gnu" "$elfutils" "$go" \
			"$(awk -v o="$ours" -v l="$llvm" 'BEGIN { if (l > 0) printf "%.2f", o / l; else printf "-" }')"
	done
done
