#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: whatever file the tool is given, it ends by itself with 1 and one line, or with 0 and a
# true report; a cut dump is read and said to be partial. Wrong options: 2 and the usage line.
# Fails when: a reader trusts a number of its input.
. "$(dirname "$0")/common.bash"

LEAKTRACK_RATE=1 LD_PRELOAD=$LIB "$PROG/e2e_leak" 500 1000 return >out || fail "status $?"
good=leaktrack.$(sed -n 's/^pid //p' out).exit.heap
valid "$good"

refused() { # FILE
	timeout 20 "$SYMBOLIZE" "$1" >stdout 2>stderr
	[ $? = 1 ] || fail "$1: exit is not 1: $(head -c 500 stdout stderr)"
	[ "$(wc -l <stderr)" = 1 ] || fail "$1: not one line: $(cat stderr)"
	has stderr '^leaktrack-symbolize: ' || fail "$1: $(cat stderr)"
	[ ! -s stdout ] || fail "$1: something on stdout"
}

: >empty
head -c 1 "$good" >one
head -c 20 "$good" >start
head -c 100000 /dev/urandom >random
head -c 100000 /dev/zero >zeros
cp /bin/true elf
echo 'heap profile: 1: 2 [ 3: 4] @ something/7' >foreign
printf 'heap profile: 1: 2 [ 3: 4] @ heap_v2/' >ratecut
echo '{"json": true}' >json
for f in empty one start random zeros elf foreign ratecut json nowhere .; do
	refused $f
done

# Cut anywhere: 0 or 1, never a signal, never silent about what is missing.
size=$(stat -c %s "$good")
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	head -c $((size * i / 13)) "$good" >cut.heap
	timeout 20 "$SYMBOLIZE" cut.heap >stdout 2>stderr
	case $? in
	0) cat stdout stderr | grep -Eiq 'partial|cut|incomplete' || fail "cut at $i/13: not said" ;;
	1) [ "$(wc -l <stderr)" = 1 ] || fail "cut at $i/13: $(cat stderr)" ;;
	*) fail "cut at $i/13: status $?" ;;
	esac
done

# Hostile: absurd numbers, endless lines, mappings that overlap or are none.
header='heap profile: 1: 2 [ 3: 4] @ heap_v2/1'
number=99999999999999999999999999
{ echo "$header"; echo "$number: $number [ $number: $number] @ 0x$number"; } >numbers
{ echo "$header"; echo "1: 1 [ 1: 1] @ $(printf '0x%x ' {1..20000})"; echo '# end'; } >deep
{ echo "$header"; echo '-1: -5 [ -1: -5] @ 0x1'; } >negative
{ echo "$header"; head -c 3000000 /dev/zero | tr '\0' 1; } >longline
{ echo "$header"; echo '1: 1 [ 1: 1] @ 0x10'; echo 'MAPPED_LIBRARIES:'
	echo 'ffffffff-0 r-xp 00000000 00:00 0 /etc/passwd'
	echo '0-ffffffffffffffff r-xp ffffffffffffffff 00:00 0 /dev/zero'
	echo '# end'; } >mappings
for f in numbers deep negative longline mappings; do
	timeout 20 "$SYMBOLIZE" $f >stdout 2>stderr
	case $? in
	0) ;;
	1) [ "$(wc -l <stderr)" = 1 ] || fail "$f: $(cat stderr)" ;;
	*) fail "$f: status $?" ;;
	esac
done

for args in --nonsense "--base" "" "--pprof"; do
	# shellcheck disable=SC2086 # words on purpose
	"$SYMBOLIZE" $args >stdout 2>stderr </dev/null
	[ $? = 2 ] || fail "options '$args': exit is not 2"
	has stderr '[Uu]sage' || fail "options '$args': no usage line"
done
"$SYMBOLIZE" --help >stdout 2>stderr || fail '--help'
has stdout '[Uu]sage' || fail '--help has no usage line'
for what in --top --json --raw '--html -' '--pprof -'; do
	# shellcheck disable=SC2086 # two words
	"$SYMBOLIZE" $what "$good" >/dev/full 2>stderr && fail "$what: a full disk is no success"
	has stderr 'No space left' || fail "$what: why is not told: $(cat stderr)"
	# shellcheck disable=SC2086
	"$SYMBOLIZE" $what "$good" 2>stderr | head -c 1 >one.byte
	[ ! -s stderr ] || fail "$what: a reader that has enough is no error: $(cat stderr)"
done
"$SYMBOLIZE" --focus '(' "$good" 2>stderr
[ $? = 2 ] || fail 'a wrong expression is no wrong usage'
has stderr '^leaktrack-symbolize: --focus ' || fail "$(cat stderr)"
"$SYMBOLIZE" "$good" >/dev/full 2>stderr && fail 'a full disk is no success'
"$SYMBOLIZE" --pprof /nowhere/out.pb.gz "$good" >stdout 2>stderr && fail 'nowhere is no success'
[ "$(wc -l <stderr)" = 1 ] || fail "nowhere: $(cat stderr)"
