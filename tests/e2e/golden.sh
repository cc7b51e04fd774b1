#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: each report reads as it was found good, byte by byte; see tests/golden/cases. The program
# that the dumps name is assembled here: it has functions at fixed addresses, and is never run.
# Fails when: a report changes. UPDATE=1 takes what it prints now; look at it with git diff.
. "$(dirname "$0")/common.bash"

golden=$TOP/tests/golden
mkdir -p root/src/bin root/src/shop
assemble() {
	as --gdwarf-5 -o shop.o "$golden/shop.s" &&
		ld --build-id=0x5eed000102030405 -e main.handle -Ttext=0x401000 -o root/src/bin/shop shop.o
}
assemble 2>err || skip "cannot assemble for this machine: $(head -n 1 err)"
cp "$golden"/*.heap .
awk 'BEGIN { for (i = 1; i <= 45; i++) print "line " i " of receipt.c" }' >root/src/shop/receipt.c

passed=0 failed=0
while read -r name args; do
	[[ $name != \#* && -n $name ]] || continue
	# shellcheck disable=SC2086 # words on purpose
	TZ=UTC "$SYMBOLIZE" --symfs root $args >out 2>&1 || echo "exit status $?" >>out
	if [ -n "${UPDATE-}" ]; then
		cp out "$golden/$name.txt"
	fi
	if diff "$golden/$name.txt" out >difference; then
		passed=$((passed + 1))
	else
		echo "leaktrack-symbolize $args:"
		cat difference
		failed=$((failed + 1))
	fi
done <"$golden/cases"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
