# SPDX-License-Identifier: Apache-2.0
# thread_badcfi.py - programs whose unwind tables are damaged: random bytes in .eh_frame and
# .eh_frame_hdr. They never throw, so bare they do not mind
# host: tool=gcc time=60 slow
import os
import random
import struct
import subprocess

SOURCE = r"""
#include <stdlib.h>
#include <string.h>
__attribute__((noinline)) void *f(int n, int size)
{
	void *p = n ? f(n - 1, size) : malloc(size);
	__asm__ volatile("" : : "r"(p) : "memory");
	return p;
}
int main(void)
{
	for (int i = 0; i < 3000; i++) {
		void *p = f(i % 20, 2000);
		memset(p, 1, 2000);
		free(p);
	}
	return 3;
}
"""


def section(data, name):
    shoff = struct.unpack_from("<Q", data, 40)[0]
    size, count, strings = struct.unpack_from("<HHH", data, 58)
    base = struct.unpack_from("<Q", data, shoff + strings * size + 24)[0]
    for i in range(count):
        at = shoff + i * size
        text = base + struct.unpack_from("<I", data, at)[0]
        if data[text:data.index(b"\0", text)] == name:
            return struct.unpack_from("<QQ", data, at + 24)
    return None


with open("a.c", "w") as f:
    f.write(SOURCE)
subprocess.run(["gcc", "-O1", "-o", "good", "a.c"], check=True)
good = open("good", "rb").read()
random.seed(4)
ends = []
for turn in range(60):
    data = bytearray(good)
    for name in ((b".eh_frame",), (b".eh_frame_hdr",), (b".eh_frame", b".eh_frame_hdr"))[turn % 3],:
        for one in name:
            at, size = section(good, one)
            if turn % 5 == 0:
                data[at:at + size] = random.randbytes(size)
            elif turn % 5 == 1:
                data[at:at + size] = bytes(size)
            else:
                for _ in range(turn):
                    data[at + random.randrange(size)] = random.randrange(256)
    with open("bad", "wb") as f:
        f.write(data)
    os.chmod("bad", 0o755)
    try:
        ends.append(subprocess.run(["./bad"], timeout=10).returncode)
    except subprocess.TimeoutExpired:
        ends.append("hangs")
print({end: ends.count(end) for end in set(ends)})
for name in ("a.c", "good", "bad"):
    os.unlink(name)
