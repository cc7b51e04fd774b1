#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a program whose allocating function has no unwind tables, and never returns so that its code
# tells nothing either, is sampled on and on, with one frame and the mark of a cut stack.
# Fails when: that is taken for a failure of ours, which ends sampling.
. "$(dirname "$0")/common.bash"

cat >untold.c <<'E'
#include <stdlib.h>
int main(void)
{
	for (int i = 0;; i++) {
		free(malloc((size_t)(i % 999 + 1)));
		if (i == 20000) {
			exit(0);
		}
	}
}
E
gcc -O2 -fno-builtin -fomit-frame-pointer -fno-asynchronous-unwind-tables -o untold untold.c ||
	fail 'does not build'
LEAKTRACK_RATE=1 LD_PRELOAD=$LIB ./untold || fail "exit $?"
complete leaktrack.*.heap || fail 'no dump'
has leaktrack.*.heap '^# cut_stacks 2000[0-9] lost_samples 0 ' || fail "$(grep '^# cut' leaktrack.*.heap)"
! has leaktrack.*.heap '^# failures' || fail "$(grep '^# failures' leaktrack.*.heap)"
exit 0
