# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# unwind_tally.bash - sums of what programs that compare stacks print as their last line

passed=0 failed=0

# tally LABEL STATUS FILE - add the last line of what a program printed; 77: end the test with it
tally() {
	local line
	line=$(tail -n 1 "$3")
	[ "$2" != 77 ] || { echo "$line"; exit 77; }
	if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
	else
		failed=$((failed + 1))
	fi
	[ "$2" = 0 ] || { echo "$1: exit $2"; cat "$3"; }
}
