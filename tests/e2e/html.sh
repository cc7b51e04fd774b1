#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: the page of --html is whole and needs no network, and in a browser, under real clicks and
# keys, it does what it says, at two sizes, dark and light, without an error; with 50,000 stacks it
# loads and zooms fluidly.
# Fails when: the page's script breaks, its numbers are not those of the table in text, or it is slow.
. "$(dirname "$0")/common.bash"

golden=$TOP/tests/golden
mkdir -p root/src/bin
as --gdwarf-5 -o shop.o "$golden/shop.s" 2>err || skip 'cannot assemble for this machine'
ld --build-id=0x5eed000102030405 -e main.handle -Ttext=0x401000 -o root/src/bin/shop shop.o ||
	skip 'cannot link for this machine'
# Over 50,000 stacks that read differently, 12 of the same call sites each.
awk -v seed=7 '/^ .*@ 0x/ { n = split($0, word, " "); for (i = 6; i <= n; i++) pcs[++count] = word[i]; next }
	/^# [^e]|^heap/ { head = head $0 "\n"; next }
	/^MAPPED/ {
		srand(seed); printf "%s", head
		for (s = 0; s < 62000; s++) {
			printf "  %d: %d [%d: %d] @", 1 + s % 9, 4000 * (1 + s % 9), 10, 40000
			for (f = 0; f < 12; f++) printf " %s", pcs[1 + int(rand() * count)]
			print ""
		}
	}
	{ print }' "$golden/shop.2.heap" >many.heap
"$SYMBOLIZE" --symfs root --html page.html "$golden/shop.2.heap" 2>err || fail "$(cat err)"
"$SYMBOLIZE" --symfs root --html many.html many.heap 2>err || fail "$(cat err)"
"$SYMBOLIZE" --symfs root --html diff.html --base "$golden/shop.1.heap" "$golden/shop.2.heap" ||
	fail 'no page of the difference'
LEAKTRACK_RATE=1 start "$PROG/e2e_leak" 300 10 wait
wait_for 'the first round' has out '^ready$'
dump 1
"$SYMBOLIZE" --html native.html "leaktrack.$pid.1.heap" || fail 'no page of a program without Go'
for page in page.html diff.html native.html many.html; do
	has $page '^</html>$' || fail "$page is not whole"
	! grep -oE '(src|href|url)[=(]"?https?:[^" ]*' $page || fail "$page wants the network"
	! grep -qE '@(DATA|page)' $page || fail "$page has no data, style or script"
done
command -v python3 >/dev/null || skip 'no python3 here'
python3 "$TOP/tests/e2e/html.py" || case $? in
77) skip 'no chromium here' ;;
*) fail 'the page in the browser, see above' ;;
esac
