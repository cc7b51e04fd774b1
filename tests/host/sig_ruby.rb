# SPDX-License-Identifier: Apache-2.0
# sig_ruby.rb - Ruby's trap gets each SIGUSR2
# host: usr2
count = 0
r, w = IO.pipe
trap('USR2') { count += 1; w.write_nonblock('x') }
parent = Process.pid
pid = fork do
  trap('USR2', 'IGNORE')
  60.times { Process.kill('USR2', parent); r.read(1) }
  exit!(0)
end
100.times.map { |i| 'x' * i } until Process.wait(pid, Process::WNOHANG)
puts "count #{count}"
