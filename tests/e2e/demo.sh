#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: `make demo` ends well: the HTTP server of examples/cgo-leak, whose leaking lines are named
# and whose correct ones are not, at the default rate.
# Fails when: what the first page of README.md shows is no longer true.
. "$(dirname "$0")/common.bash"

command -v go >/dev/null || skip 'no Go here'
"$TOP/examples/demo" || fail "demo ended with $?"
