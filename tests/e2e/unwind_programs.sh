#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: in real programs, thousands of stacks at malloc equal unw_backtrace's at the same moment to
# the last frame: sqlite3, python3, perl, git, a C++ compiler with its assembler and linker, groff.
# Fails when: a rule is wrong for a form of code that our own test programs do not have.

set -u
TMP=${TMP:-$(mktemp -d)}
cd "$TOP" || exit 1
tests/probe/build || exit 1
probe=$(realpath "$BUILD/probe/libprobe.so")
gcc -D_GNU_SOURCE= -std=gnu17 -O2 -g -I. -shared -fPIC -o "$TMP/witness.so" tests/probe/witness.c -ldl ||
	exit 1
cd "$TMP" || exit 1
[ -e /usr/lib/x86_64-linux-gnu/libunwind.so.8 ] || ldconfig -p | grep -q 'libunwind\.so\.8' ||
	{ echo 'no libunwind'; exit 77; }

watched() { # program, arguments...
	command -v "$1" >/dev/null || return 0
	WITNESS_OUT=$TMP/stacks LD_PRELOAD="$probe $TMP/witness.so" "$@" >/dev/null || exit 1
}

watched sqlite3 :memory: 'with recursive c(x) as (select 1 union all select x+1 from c where x<3000)
	select count(*), group_concat(hex(x)) from c group by x % 100;'
python=/usr/bin/python3
[ -x $python ] || python=python3
PYTHONMALLOC=malloc watched $python -c 'import json, re
json.dumps([{str(i): [i] * 3} for i in range(2000)])
re.sub("(a|b)+", "x", "abab" * 999)
sorted({i: str(i) for i in range(3000)}.items(), key=lambda kv: kv[1])'
# shellcheck disable=SC2016 # Perl's
watched perl -e 'my %h; $h{$_} = [$_, "x" x ($_ % 50)] for 1..3000;
	print join ",", map { s/7+/seven/gr } sort { $a <=> $b } keys %h'
git init -q repository && seq 2000 >repository/a && git -C repository add a &&
	git -C repository -c user.name=a -c user.email=a@b commit -q -m one || exit 1
watched git -C repository log --stat
watched git -C repository grep -n 7
cat >map.cc <<'E'
#include <map>
#include <string>
#include <vector>
static std::map<std::string, std::vector<int>> all;
int main(int argc, char **argv)
{
	for (int i = 0; i < argc * 20000; i++) {
		all[argv[0] + std::to_string(i)].push_back(i);
	}
	return all.empty();
}
E
watched g++ -O1 -o map map.cc
watched ./map
watched groff -man -Tps "$TOP"/man/leaktrack.7
cat stacks
awk '/ equal, .* cut, .* different of / { equal += $1; other += $3 + $5 }
	END { printf "%d passed, %d failed\n", equal, other; exit other != 0 || equal < 10000 }' stacks
