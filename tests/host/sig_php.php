<?php
// SPDX-License-Identifier: Apache-2.0
// sig_php.php - PHP's pcntl handler gets each SIGUSR2
// host: usr2
if (!function_exists('pcntl_fork')) {
    echo "skip: no pcntl here\n";
    exit(77);
}
pcntl_async_signals(true);
$count = 0;
$pairs = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
pcntl_signal(SIGUSR2, function () use (&$count, &$pairs) { $count++; fwrite($pairs[0], 'x'); });
$parent = getmypid();
$pid = pcntl_fork();
if ($pid == 0) {
    for ($i = 0; $i < 50; $i++) {
        posix_kill($parent, SIGUSR2);
        fread($pairs[1], 1);
    }
    posix_kill(getmypid(), SIGKILL);
}
while ($count < 50) {
    str_repeat('x', 1000);
}
pcntl_waitpid($pid, $status);
echo "count $count\n";
