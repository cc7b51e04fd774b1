# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# contenders.bash - who is compared, and how; sourced by programs.sh, startup.sh, instructions.sh
#
# A contender is a name and the variables that put it in front of a program. Those that are not
# installed are left out, with a line that says how to get them.

BUILD=$(realpath -m "${BUILD:-build}")
lib=$BUILD/libleaktrack.so
mkdir -p "$BUILD/bench"
work=$(mktemp -d "$BUILD/bench/work.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/out"
unset "${!LEAKTRACK@}" LD_PRELOAD MALLOC_CONF

gcc -O2 -fPIC -shared -fno-builtin -o "$work/passthrough.so" bench/passthrough.c -ldl || exit 1

# Not a wrapper of it (pyenv), which is a shell script.
export python; python=$(python3 -c 'import sys; print(sys.executable)') || python=python3

names=() envs=() once=()
contender() { # name, variables, 'once': it records every block, and one round shows enough
	names+=("$1")
	envs+=("$2")
	once+=("${3-}")
}

installed() { # file, package
	local file
	for file in /usr/lib/"$(gcc -print-multiarch)"/$1 /usr/lib/$1; do
		[ -e "$file" ] && echo "$file" && return
	done
	echo "Left out: $1; apt-get install $2" >&2
	return 1
}

# Bare is 0, the empty pass-through 1, ours 2.
contenders() { # all, or three: only these
	local file
	contender bare ''
	contender 'empty pass-through' "LD_PRELOAD=$work/passthrough.so"
	contender leaktrack "LD_PRELOAD=$lib LEAKTRACK_DIR=$work/out"
	[ "$1" = all ] || return
	if file=$(installed libtcmalloc.so.4 libgoogle-perftools4); then
		contender 'tcmalloc sampling' "LD_PRELOAD=$file TCMALLOC_SAMPLE_PARAMETER=524288"
	fi
	if file=$(installed libjemalloc.so.2 libjemalloc2); then
		contender 'jemalloc profiling' "LD_PRELOAD=$file MALLOC_CONF=prof:true,prof_prefix:$work/out/j"
	fi
	# Its interpreter, which the heaptrack command runs beside the program, is not counted.
	if file=$(installed heaptrack/libheaptrack_preload.so heaptrack); then
		contender heaptrack "LD_PRELOAD=$file DUMP_HEAPTRACK_OUTPUT=$work/out/h.\$\$" once
	fi
	if file=$(installed libtcmalloc.so.4 libgoogle-perftools4); then
		contender 'gperftools HEAPPROFILE' "LD_PRELOAD=$file HEAPPROFILE=$work/out/g" once
	fi
}

# take_turns ROUNDS COMMAND... - lines of bench/turns for all contenders
take_turns() {
	local rounds=$1 round i
	shift
	for ((round = 0; round < rounds; round++)); do
		for i in "${!envs[@]}"; do
			[ "$round" = 0 ] || [ -z "${once[i]}" ] || continue
			"$BUILD/bench/turns" 1 "${envs[i]}" -- "$@" | sed "s/^0 0/$round $i/"
			rm -rf "$work"/out/*
		done
	done
}

# For each contender: 'median of its ratios to contender BASE, ratio of RSS, exit status as bare's?'
summary() { # base; lines of turns on stdin
	awk -v base="$1" '
		function median(a, n,   i, j, t) {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && a[j - 1] > a[j]; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
			return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
		}
		{
			cpu[$1, $2] = $3; rss[$1, $2] = $4; status[$1, $2] = $6
			if ($1 > rounds) rounds = $1
			if ($2 > last) last = $2
		}
		END {
			for (c = 0; c <= last; c++) {
				same = 1
				n = 0
				for (r = 0; r <= rounds && (r, c) in cpu; r++) {
					x[++n] = cpu[r, c] / cpu[r, base]
					y[n] = rss[r, c] / rss[r, base]
					z[n] = cpu[r, c]; w[n] = rss[r, c]
					same = same && status[r, c] == status[r, 0]
				}
				printf "%.3f %.2f %d %.1f %.1f\n", median(x, n), median(y, n), same, \
					median(z, n) / 1000, median(w, n) / 1024
			}
		}'
}
