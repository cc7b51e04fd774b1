#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# readme.sh - measure all that README tells of costs, and write it there: each table that follows a
# line '<!-- bench NAME -->' is replaced. The machine should be idle; a quarter of an hour.

set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=$(realpath -m "${BUILD:-build}")
export BUILD
out=$BUILD/bench/readme
mkdir -p "$out"

measure() { # name, rounds...
	local name=$1
	shift
	echo "readme.sh: $name" >&2
	bench/"$name".sh "$@" >"$out/$name" || exit 1
}

cell() { # table, beginning of the row's name, column
	awk -F' *\\| *' -v name="$2" -v c="$3" 'index($2, name) == 1 { print $(c + 1); exit }' "$out/$1"
}

# The few figures that matter, from the tables of several.
costs() {
	local every='leaktrack, every block' walk='C -O2: our walk'
	echo '| | measured |'
	echo '|---|---|'
	echo "| malloc(64) + free at the default rate, above bare | $(cell loop leaktrack 3) instructions, samples included (an empty pass-through: $(cell loop 'empty' 3)); $(cell loop leaktrack 4) ns (bare: $(cell loop bare 4)) |"
	echo "| the same, every allocation recorded (\`LEAKTRACK_RATE=1\`) | $(cell loop "$every" 4) ns a pair; $(cell loop "$every" 5) ns 30 frames deep, $(cell loop "$every" 6) ns 100 deep |"
	for name in heaptrack gperftools; do
		[ -z "$(cell loop $name 4)" ] ||
			echo "| every allocation recorded by $name | $(cell loop $name 4) ns a pair; $(cell loop $name 5) ns, $(cell loop $name 6) ns |"
	done
	echo "| one frame of a stack | C $(cell unwind "$walk" 3) ns (\`unw_backtrace\` $(cell unwind 'C -O2: unw_back' 3), \`backtrace\` $(cell unwind 'C -O2: backtrace' 3)), Go $(cell unwind 'Go: our walk' 3) ns; $(cell unwind "$walk, of a stack" 3) ns where the stack is as it was at the last sample |"
	tail -n +3 "$out/figures" | awk -F' *\\| *' '{ printf "| %s | %s |\n", $2, $3 }'
}

for name in loop unwind figures instructions; do measure $name; done
measure startup "${ROUNDS:-5}"
measure programs "${ROUNDS:-3}"
costs >"$out/costs"
awk -v out="$out" '
	/^<!-- bench [a-z]+ -->$/ { name = $3; waiting = 1; print; next }
	/^\|/ && waiting { while ((getline line < (out "/" name)) > 0) print line; waiting = 0; inside = 1; next }
	/^\|/ && inside { next }
	{ inside = 0; print }' README.md >"$out/README.md" && cp "$out/README.md" README.md
