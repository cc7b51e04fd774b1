#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: on a terminal every line of every table ends where the terminal does, long names lose their
# middle and files their folders, what matters has colour; NO_COLOR, TERM=dumb and a pipe get none,
# and a pipe gets whole names.
# Fails when: a report writes a name by itself, or asks the wrong descriptor.
. "$(dirname "$0")/common.bash"

command -v script >/dev/null || skip 'no script(1) here'
golden=$TOP/tests/golden
mkdir -p root/src/bin
as --gdwarf-5 -o shop.o "$golden/shop.s" 2>err || skip 'cannot assemble for this machine'
ld --build-id=0x5eed000102030405 -e main.handle -Ttext=0x401000 -o root/src/bin/shop shop.o ||
	skip 'cannot link for this machine'
cp "$golden"/shop.?.heap .
unset NO_COLOR COLUMNS
export TERM=xterm

on_terminal() { # COLUMNS OPTION...
	local columns=$1
	shift
	script -qec "stty cols $columns; '$SYMBOLIZE' --symfs root $* shop.2.heap" /dev/null </dev/null |
		tr -d '\r' >shown
	sed 's/\x1b\[[0-9;]*m//g' shown >plain
	has plain '^(Type|File):' || fail "no report at $columns columns of $*: $(head shown)"
}

for columns in 80 100 160; do
	for view in --top --tree '--peek receipt' --traces '--by line' '--base shop.1.heap'; do
		on_terminal $columns "$view"
		long=$(awk -v most=$columns 'length($0) > most' plain)
		[ -z "$long" ] || fail "$view at $columns columns has"$'\n'"$long"
	done
done
on_terminal 80 --top
has plain '  net/htt\.\.\.erveHTTP  ' || fail "no name lost its middle: $(cat plain)"
has plain '  \.\.\.[a-z/]*main\.go:47' || fail "no file lost its folders: $(cat plain)"
on_terminal 200 --top
has plain '  net/http\.HandlerFunc\.ServeHTTP  /usr/local/go/src/net/http/server\.go:2286$' || fail 'not whole'

colors() {
	grep -c $'\x1b\\[[1-9]' shown
}
on_terminal 80 --base shop.1.heap
grep -q $'\x1b\\[31m' shown || fail 'growth is not red'
NO_COLOR=1 on_terminal 80
[ "$(colors)" = 0 ] || fail 'colour in spite of NO_COLOR'
NO_COLOR='' on_terminal 80
[ "$(colors)" != 0 ] || fail 'no colour with an empty NO_COLOR'
TERM=dumb on_terminal 80
[ "$(colors)" = 0 ] || fail 'colour on a dumb terminal'
COLUMNS=80 "$SYMBOLIZE" --symfs root shop.2.heap >shown
[ "$(colors)" = 0 ] || fail 'colour in a pipe'
has shown 'net/http\.HandlerFunc\.ServeHTTP  /usr/local/go/src/net/http/server\.go:2286$' ||
	fail 'a pipe gets no whole names'
