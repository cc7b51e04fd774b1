#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a cgo program built with -ldflags='-s -w': Go names and lines come from .gopclntab: its leaking Go lines are named, in
# dumps by signal, in their difference and in the dump after its raw exit; exact at rate 1.
# Fails when: Go's text is not found without symbols.
. "$(dirname "$0")/cgo_common.bash"

cgo_story "$PROG/e2e_cgo-stripped"
