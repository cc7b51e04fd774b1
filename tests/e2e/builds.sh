#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: dumps of different builds of one program are compared by names: code that only moved in
# its file cancels, what the new build leaks more is shown with its line; two runs of the same build
# cancel too, wherever the loader put them; and without files there are no wrong names.
# Fails when: builds are compared by address or by line.
. "$(dirname "$0")/common.bash"

program() { # NAME EXTRA: 40 blocks from keep(), EXTRA from add()
	{
		for _ in $(seq "$3"); do echo; done
		cat <<-C
			#include <stdlib.h>
			void *kept[1000];
			__attribute__((noinline)) static void keep(int i)
			{
				kept[i] = malloc(1000);
			}
			__attribute__((noinline)) static void add(int i)
			{
				kept[500 + i] = malloc(3000); /* ADD */
			}
			int main(void)
			{
				for (int i = 0; i < 40; i++)
					keep(i);
				for (int i = 0; i < $2; i++)
					add(i);
				return kept[0] == NULL;
			}
		C
	} >"shop.c"
	cc -g -O1 -o "$1" shop.c || fail 'cc'
	LEAKTRACK_RATE=1 LD_PRELOAD=$LIB "./$1" 2>err || fail "$1: $(cat err)"
	mv leaktrack.*.exit.heap "$1.heap" || fail 'no dump'
}

program old 5 0
mv old.heap first.heap
program old 5 0
program new 9 7
add=shop.c:$(line_of shop.c ADD)

report --base first.heap old.heap
has report '^No difference' || fail "two runs of one build: $(cat report)"
report --base old.heap new.heap
names add "$add"
has report '[+]4 blocks of 2.93kB' || fail "not four blocks more: $(cat report)"
names_not keep
rm old new
report --base old.heap --tsv new.heap
grep -q 'add' report && fail 'names from nowhere'
exit 0
