# SPDX-License-Identifier: Apache-2.0
# go_reaper.py - a supervisor that is a subreaper starts cgo programs and waits for any child: it sees
# their ends and no stranger's
# host: needs=go_exec time=60
import ctypes
import os
import subprocess

ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
program = os.environ["HOST_BUILD"] + "/go_exec"
started = {subprocess.Popen([program], stdout=subprocess.DEVNULL).pid for _ in range(3)}
strangers = 0
while True:
    try:
        pid, status = os.waitpid(-1, 0)
    except ChildProcessError:
        break
    if pid in started:
        started.discard(pid)
        print("ended", os.waitstatus_to_exitcode(status))
    else:
        strangers += 1
print("strangers", strangers)
