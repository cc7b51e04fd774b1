// SPDX-License-Identifier: Apache-2.0
// sig_node.js - Node's process.on('SIGUSR2') gets each one
// host: usr2 time=40
const { spawn } = require('child_process');
let count = 0;
const sender = spawn('sh', ['-c', 'read x; while read x; do kill -USR2 $PPID; done']);
process.on('SIGUSR2', () => {
  count++;
  if (count < 60) {
    sender.stdin.write('x\n');
  } else {
    sender.stdin.end();
  }
});
sender.on('exit', () => { console.log('count', count); });
sender.stdin.write('x\nx\n');
