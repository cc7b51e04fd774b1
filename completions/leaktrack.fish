# SPDX-License-Identifier: Apache-2.0
#
# fish completion for leaktrack

function __leaktrack_pids
	leaktrack list 2>/dev/null | awk 'NR > 1 { print $1 "\t" $6 }'
end

complete -c leaktrack -n __fish_use_subcommand -x -a run -d 'Start a program under the library'
complete -c leaktrack -n __fish_use_subcommand -x -a list -d 'Processes that run so'
complete -c leaktrack -n __fish_use_subcommand -x -a dump -d 'Ask for a dump and print where it is'
complete -c leaktrack -n __fish_use_subcommand -x -a top -d 'What is in use now'
complete -c leaktrack -n '__fish_seen_subcommand_from dump top' -x -a '(__leaktrack_pids)'
complete -c leaktrack -n '__fish_seen_subcommand_from run' -l rate -x -d 'Mean bytes between two samples'
complete -c leaktrack -n '__fish_seen_subcommand_from run' -l signal -x -a 'USR1 USR2 none' -d 'What asks for a dump'
complete -c leaktrack -n '__fish_seen_subcommand_from run' -l dir -r -F -d 'Where dumps go'
complete -c leaktrack -n '__fish_seen_subcommand_from run' -l exit -x -a 'first all none' -d 'Processes that write a dump at their end'
complete -c leaktrack -n '__fish_seen_subcommand_from run' -l keeper -x -a 'go always never' -d 'Processes that have a keeper'
complete -c leaktrack -n '__fish_seen_subcommand_from run' -l memory -x -d 'The most that the profile may take'
complete -c leaktrack -n '__fish_seen_subcommand_from run' -l depth -x -d 'Frames kept of a stack'
