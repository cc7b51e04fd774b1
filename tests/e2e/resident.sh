#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: a process that was never sampled has at most 200 KiB of the library resident, 16 KiB of
# them its own, and no state file.
# Fails when: something that the first sample wants is touched at the start.
. "$(dirname "$0")/common.bash"

# shellcheck disable=SC2016 # for the program
LD_PRELOAD=$LIB LEAKTRACK_RATE=1024g \
	bash -c 'cat /proc/$$/smaps; echo files: "$0"/$$.*; :' "$STATE_DIR" >smaps
grep -q '^files: .*\*' smaps || fail "a state file: $(grep ^files smaps)"

# The library's mappings, and the one without a name that follows them: its .bss.
read -r rss own <<<"$(awk '
	/^[0-9a-f]+-[0-9a-f]+ / { ours = /libleaktrack/ || (after && $6 == ""); after = ours }
	ours && $1 == "Rss:" { rss += $2 }
	ours && $1 == "Anonymous:" { own += $2 }
	END { print rss + 0, own + 0 }' smaps)"
echo "$rss KiB resident, $own KiB its own"
[ "$rss" -gt 0 ] || fail 'no mapping of the library found'
[ "$rss" -le 200 ] || fail "more than 200 KiB"
[ "$own" -le 16 ] || fail "more than 16 KiB its own"
