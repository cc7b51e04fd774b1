# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# cgo_common.bash - the same story for each way to build a cgo program: two dumps by a plain kill,
# the difference, then the dump after Go's raw exit; the leaking Go lines are named, the others not

. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

command -v go >/dev/null || skip 'no Go here'

cgo_names() { # in 'report'
	local src=$TOP/tests/prog/e2e_cgo.go
	names main.leakString "e2e_cgo.go:$(line_of "$src" '// STRING')"
	names main.leakThing "e2e_cgo.go:$(line_of "$src" '// THING$')"
	names_not main.freeString
	names_not main.freeThing
}

cgo_story() { # program
	start "$1"
	wait_for 'the first round' has out '^ready$'
	dump 1
	go_on
	wait_for 'the second round' has out '^again$'
	dump 2
	report --base "leaktrack.$pid.1.heap" "leaktrack.$pid.2.heap"
	cgo_names
	go_on
	wait "${started##* }" || fail "the program ended with $?"
	wait_for 'the exit dump' complete "leaktrack.$pid.exit.heap"
	valid "leaktrack.$pid.exit.heap"
	report "leaktrack.$pid.exit.heap"
	cgo_names
	has report main.round || fail "the goroutine's stack is not whole"
	[ ! -s err ] || fail "something on stderr: $(cat err)"

	# At rate 1 the numbers are exact: two rounds, 4,000 strings with their NUL and 2,000 things.
	LEAKTRACK_RATE=1 start "$1"
	go_on
	go_on
	wait "${started##* }" || fail "the program ended with $?"
	wait_for 'the exit dump' complete "leaktrack.$pid.exit.heap"
	expect_blocks "leaktrack.$pid.exit.heap" 4000 8000 16000
	expect_blocks "leaktrack.$pid.exit.heap" 6000 4000 8000
	# Before main some stacks of the runtime's own may be cut; none of the program's is.
	! awk '$NF == "0x2" { sub(/@.*/, ""); gsub(/[^0-9 ]/, " "); split($0, n, " ")
		size = n[4] / n[3]; if (size == 4000 || size == 6000) { print; cut = 1 } }
		END { exit !cut }' "leaktrack.$pid.exit.heap" || fail 'a stack of the program is cut'
}
