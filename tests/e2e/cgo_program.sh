#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a cgo program as go build makes it: its leaking Go lines are named, in
# dumps by signal, in their difference and in the dump after its raw exit; exact at rate 1.
# Fails when: the walk does not cross runtime.asmcgocall, or Go names are lost.
. "$(dirname "$0")/cgo_common.bash"

cgo_story "$PROG/e2e_cgo"
