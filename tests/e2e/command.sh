#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: 'leaktrack run' starts a program under the library with the settings given; list shows it,
# top reads it undisturbed, dump gets a dump whose request the program does not see; what cannot
# work is one line and no success.
# Fails when: the tool finds the library, the process, its state file or its dump in another place.
. "$(dirname "$0")/common.bash"

LEAKTRACK=$BUILD/leaktrack

refuses() { # STATUS PATTERN ARG...
	local status=$1 pattern=$2
	shift 2
	"$LEAKTRACK" "$@" >refused.out 2>refused
	[ $? = "$status" ] || fail "leaktrack $*: not status $status: $(cat refused)"
	has refused "^leaktrack: .*$pattern" || fail "leaktrack $*: $(cat refused)"
	[ "$(grep -vc '^usage:\|^  ' refused)" = 1 ] || fail "leaktrack $*: more than a line: $(cat refused)"
}

start_run() { # OPTION... PROGRAM ARG...
	rm -f in && mkfifo in
	: >out
	"$LEAKTRACK" run "$@" <in >out 2>err &
	pid=$!
	started="$started $pid"
	exec 9>in
}

end_it() { # e2e_leak waits for two lines
	go_on
	wait_for 'the second round' has out '^again$'
	go_on
	wait_for 'its end' gone "$pid"
}

start_run --rate=1 --dir "$PWD" --depth 64 "$PROG/e2e_leak" 300 10 wait
wait_for 'the first round' has out '^ready$'
"$LEAKTRACK" list >processes || fail 'list shows nothing'
has processes "^ *$pid .* 1B .*e2e_leak 300 10 wait\$" || fail "$(cat processes)"
"$LEAKTRACK" top $pid --nodecount 0 >report || fail 'no report from the state file'
names forget e2e_leak.c
[ "$("$LEAKTRACK" dump $pid)" = "$PWD/leaktrack.$pid.1.heap" ] || fail 'no first dump'
[ "$("$LEAKTRACK" dump $pid)" = "$PWD/leaktrack.$pid.2.heap" ] || fail 'no second dump'
valid "leaktrack.$pid.2.heap"
# Dumps of an earlier process with this PID may have higher numbers.
touch leaktrack.$pid.70.heap
[ "$("$LEAKTRACK" dump $pid)" = "$PWD/leaktrack.$pid.3.heap" ] || fail 'the third dump was not seen'
end_it
[ -e "leaktrack.$pid.exit.heap" ] || fail 'no exit dump'

# A program that ends on the signal, without our mark: the request is not handed on.
start_run --signal USR1 sh -c 'echo pid $$; while ! read -r line <&0; do :; done; exit 7'
wait_for 'its pid' has out '^pid'
"$LEAKTRACK" dump $pid >path || fail 'no dump by USR1'
[ -e "$(cat path)" ] || fail "no $(cat path)"
go_on
wait $pid
[ $? = 7 ] || fail 'the request ended the program'

start_run --signal none "$PROG/e2e_leak" 300 10 wait
wait_for 'the first round' has out '^ready$'
refuses 1 'LEAKTRACK_SIGNAL=none' dump $pid
end_it
refuses 1 'no such process' dump $pid
refuses 1 'not run under leaktrack' dump $$
refuses 1 "'x1' is no PID" dump x1
refuses 2 'which process' dump
refuses 2 'which process' top
refuses 2 'rate takes bytes' run --rate lots true
refuses 2 'keeper takes' run --keeper=perhaps true
refuses 2 'depth takes a number of frames, from 4 to 512' run --depth 100000 true
refuses 2 'memory takes bytes' run --memory 1 true
refuses 2 'rate takes bytes' run --rate 0 true
refuses 2 'list takes nothing more' list all
refuses 2 "no option '--colour'" run --colour true
refuses 2 'no program' run --rate 1
refuses 2 'no such command' heal
refuses 127 'not found in PATH' run no-such-program-here
refuses 127 'No such file' run ./no-such-program-here
printf 'int main(void) { return 0; }' >s.c
if gcc -static -o s s.c 2>gcc.err; then
	refuses 127 'a static program' run ./s
fi

# As execvp() would: a folder in PATH is no program, a script without '#!' is the shell's.
mkdir -p folders/echo
[ "$(PATH=$PWD/folders:$PATH "$LEAKTRACK" run echo found)" = found ] || fail 'a folder was taken for a program'
[ "$(env -u PATH "$LEAKTRACK" run echo found)" = found ] || fail 'not found without PATH'
echo 'echo "script $*"' >script && chmod +x script
[ "$("$LEAKTRACK" run ./script a b)" = 'script a b' ] || fail 'a script without #! was not run'

# Help of each command; what cannot be written is one line, a pipe that was closed none.
for words in --help help 'run --help' 'list --help' 'dump --help' 'top --help'; do
	# shellcheck disable=SC2086 # words on purpose
	"$LEAKTRACK" $words >help || fail "$words"
	has help '^Options of run' || fail "$words tells no options"
done
for words in --help --version list; do
	LD_PRELOAD=$LIB LEAKTRACK_EXIT=none "$LEAKTRACK" $words >/dev/full 2>refused && fail "$words: a full disk is success"
	has refused '^leaktrack: standard output: No space left on device$' || fail "$words: $(cat refused)"
done

# Each option of run is told by --help, the man page and the completions.
"$LEAKTRACK" --help >help || fail '--help'
sed 's/\\-/-/g' "$TOP/man/leaktrack.1" >manual
options=$(sed -n '/struct setting {/,/^};/s/^\t{"--\([a-z]*\)".*/\1/p' "$TOP/tools/launch.c")
[ -n "$options" ] || fail 'no options in launch.c'
for option in $options; do
	for file in help manual "$TOP"/completions/{leaktrack.bash,_leaktrack,leaktrack.fish}; do
		has "$file" "(--|-l )$option([^a-z]|\$)" || fail "$file does not tell of --$option"
	done
done
