#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: each option that the tool takes is told by --help and the man page, and completed in bash,
# zsh and fish; --help tells of none that is not taken; bash completion completes.
# Fails when: an option is added in one place only.
. "$(dirname "$0")/common.bash"

taken=$(sed -n '/struct option options\[\]/,/^};/s/^\t{"\([a-z_-]*\)".*/\1/p' "$TOP/tools/args.c")
[ -n "$taken" ] || fail 'no options in args.c'
"$SYMBOLIZE" --help >help || fail '--help'
sed 's/\\-/-/g; s/\\f.//g' "$TOP/man/leaktrack-symbolize.1" >manual
for option in $taken; do
	[ "$option" != diff_base ] || continue # pprof's spelling of diff-base
	for file in help manual "$TOP"/completions/*; do
		has "$file" "(^|[^a-z])(--?$option|-[lo] $option)([^a-z_-]|\$)" ||
			fail "$(basename "$file") does not tell of --$option"
	done
done
for word in $(grep -oE '(^|[ ])--[a-z][a-z-]*' help | tr -d ' '); do
	grep -qx -- "${word#--}" <<<"$taken" || fail "--help tells of $word, which is not taken"
done

# shellcheck source=/dev/null
. "$TOP/completions/leaktrack-symbolize.bash"
COMP_WORDS=(leaktrack-symbolize --by l) COMP_CWORD=2
_leaktrack_symbolize
[ "${COMPREPLY[*]}" = line ] || fail "--by l gives ${COMPREPLY[*]}"
COMP_WORDS=(leaktrack-symbolize --ver) COMP_CWORD=1
_leaktrack_symbolize
[ "${COMPREPLY[*]}" = '--verbose --version' ] || fail "--ver gives ${COMPREPLY[*]}"
