#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a cgo program built with -buildmode=pie -ldflags='-s -w': its leaking Go lines are named, in
# dumps by signal, in their difference and in the dump after its raw exit; exact at rate 1.
# Fails when: moduledata is not found where its words are relocations.
. "$(dirname "$0")/cgo_common.bash"

cgo_story "$PROG/e2e_cgo-pie-stripped"
