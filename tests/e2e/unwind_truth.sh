#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: stacks of a cgo program equal, to the last frame, what runtime.Callers and unw_backtrace say
# at the same moment, by the Go that is here, in the build modes that differ for the walk.
# Fails when: one frame is missing, too many or another. tests/probe/matrix has more Go versions.
. "$(dirname "$0")/common.bash"

command -v go >/dev/null || skip 'no Go here'
version=$(go env GOVERSION)
case $version in
go1.19.*) version=1.19 ;;
*) version=1.26 ;; # for the matrix: the one on PATH
esac
[ $version != 1.19 ] || [ -x /usr/lib/go-1.19/bin/go ] || skip 'Go 1.19, but not from Debian'
MODES='default stripped pie external' WAYS='gcc-O2 gcc-O0' "$TOP/tests/probe/matrix" $version ||
	fail 'not every stack is equal'
