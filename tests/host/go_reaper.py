# SPDX-License-Identifier: Apache-2.0
# go_reaper.py - a supervisor that is a subreaper starts cgo programs and waits for any child: it sees
# their ends and no stranger's, but for the keeper, which is left to whoever takes orphans, says by its
# name what it is, and ends with 0 right after the program
# host: needs=go_exec time=60
import ctypes
import os
import subprocess

ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
program = os.environ["HOST_BUILD"] + "/go_exec"
started = {subprocess.Popen([program], stdout=subprocess.DEVNULL).pid for _ in range(3)}
strangers = 0


def name_of(pid):
    with open(f"/proc/{pid}/comm") as f:
        return f.read().strip()


while True:
    try:
        pid = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT).si_pid
    except ChildProcessError:
        break
    keeper = name_of(pid) == "leaktrack-keep"
    _, status = os.waitpid(pid, 0)
    if keeper and status == 0 and pid not in started:
        continue
    if pid in started:
        started.discard(pid)
        print("ended", os.waitstatus_to_exitcode(status))
    else:
        strangers += 1
print("strangers", strangers)
