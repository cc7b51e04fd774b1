#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a C program, nothing set: two dumps by signal and one at exit, named with file and line,
# and the difference holds what leaked between. The program itself sees nothing of it.
# Fails when: dumps lose samples, sampling is biased, freed blocks stay, or names are wrong.
. "$(dirname "$0")/common.bash"

src=$TOP/tests/prog/e2e_leak.c
leak=e2e_leak.c:$(line_of "$src" 'LEAK')

start "$PROG/e2e_leak" 20000 1500 wait
wait_for 'the first round' has out '^ready$'
dump 1
go_on
wait_for 'the second round' has out '^again$'
dump 2
go_on
wait_for 'the exit dump' complete "leaktrack.$pid.exit.heap"
wait "${started## }" || fail "the program ended with $?"
valid "leaktrack.$pid.exit.heap"

printf 'pid %s\nready\nagain\n' "$pid" | cmp - out || fail 'the output is not what the program wrote'
[ ! -s err ] || fail "something on stderr: $(cat err)"

report "leaktrack.$pid.2.heap"
names forget "$leak"
names_not give_back
report --base "leaktrack.$pid.1.heap" "leaktrack.$pid.2.heap"
names forget "$leak"
names_not give_back
report "leaktrack.$pid.exit.heap"
names forget "$leak"

# 60 MB at one sample in 512 KiB are 114 samples; the same program at rate 1 is exact.
LEAKTRACK_RATE=1 start "$PROG/e2e_leak" 1237 1023 wait
wait_for 'the first round' has out '^ready$'
dump 1
expect_blocks "leaktrack.$pid.1.heap" 1023 1237 2474
go_on
wait_for 'the second round' has out '^again$'
dump 2
expect_blocks "leaktrack.$pid.2.heap" 1023 2474 4948
go_on
wait_for 'the exit dump' complete "leaktrack.$pid.exit.heap"
expect_blocks "leaktrack.$pid.exit.heap" 1023 2474 4948
