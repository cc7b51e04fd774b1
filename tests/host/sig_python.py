# SPDX-License-Identifier: Apache-2.0
# sig_python.py - Python's handler, sigwait, set_wakeup_fd and asyncio get each SIGUSR2
# host: usr2 time=40
import asyncio
import os
import signal
import subprocess
import time

count = 0
ack_r, ack_w = os.pipe()


def handler(number, frame):
    global count
    count += 1
    os.write(ack_w, b"x")


def send(n):
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
        for _ in range(n):
            os.kill(os.getppid(), signal.SIGUSR2)
            os.read(ack_r, 1)
        os._exit(0)
    return pid


print(signal.getsignal(signal.SIGUSR2) == signal.SIG_DFL)
signal.signal(signal.SIGUSR2, handler)
for _ in range(2):
    pid = send(50)
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        data = [str(i) * 3 for i in range(500)]
    print(count)
for _ in range(10):
    os.kill(os.getpid(), signal.SIGUSR2)
    os.read(ack_r, 1)
print(count)
print(subprocess.call(["sh", "-c", "kill -USR2 $$; exit 3"]))
signal.signal(signal.SIGUSR2, signal.SIG_IGN)
print(subprocess.run(["sh", "-c", "kill -USR2 $$; echo on"], capture_output=True,
                     restore_signals=False).stdout)
signal.signal(signal.SIGUSR2, signal.SIG_DFL)


async def main():
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    seen = 0

    def on():
        nonlocal seen
        seen += 1
        os.write(ack_w, b"x")
        if seen == 30:
            done.set()

    loop.add_signal_handler(signal.SIGUSR2, on)
    pid = send(30)
    await done.wait()
    os.waitpid(pid, 0)
    print("asyncio", seen)
    loop.remove_signal_handler(signal.SIGUSR2)

asyncio.run(main())
print(signal.getsignal(signal.SIGUSR2) == signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
os.kill(os.getpid(), signal.SIGUSR2)
print(signal.sigwait([signal.SIGUSR2]) == signal.SIGUSR2)
