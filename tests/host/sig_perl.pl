# SPDX-License-Identifier: Apache-2.0
# sig_perl.pl - Perl's %SIG handler gets each SIGUSR2
# host: usr2
use strict;
use warnings;
use POSIX ();

my $count = 0;
pipe(my $r, my $w) or die;
$SIG{USR2} = sub { $count++; syswrite($w, "x") };
my $parent = $$;
my $pid = fork();
if (!$pid) {
	$SIG{USR2} = 'IGNORE';
	for (1 .. 60) {
		kill 'USR2', $parent;
		my $c;
		sysread($r, $c, 1);
	}
	POSIX::_exit(0);
}
while (waitpid($pid, POSIX::WNOHANG()) == 0) {
	my @a = map { "x" x $_ } 1 .. 200;
}
print "count $count\n";
kill 'USR2', $$ for 1 .. 5;
print "count $count\n";
$SIG{USR2} = 'IGNORE';
kill 'USR2', $$;
system('kill -USR2 $$; echo on');
$SIG{USR2} = 'DEFAULT';
system('sh', '-c', 'kill -USR2 $$; echo never');
print "status $?\n";
