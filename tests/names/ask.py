# SPDX-License-Identifier: Apache-2.0
"""ask - what a file's addresses are called by leaktrack-symbolize, llvm-symbolizer, eu-addr2line"""
import bisect
import collections
import gzip
import json
import os
import random
import re
import subprocess
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

Frame = collections.namedtuple("Frame", "function file line name", defaults=[None])


# --- the file: code, symbols ----------------------------------------------------------------------


class Elf:
    """Sections that hold code, and symbols, as readelf tells them."""

    def __init__(self, path, debug):
        self.path, self.debug = path, debug
        self.sections = []
        for line in run("readelf", "-SW", path).splitlines():
            m = re.match(r"\s*\[ *\d+\] (\S+) +(\S+) +(\w+) (\w+) (\w+) \w+ +(\w*)", line)
            if m and m[2] == "PROGBITS" and "X" in m[6]:
                self.sections.append((int(m[3], 16), int(m[5], 16), m[1]))
        self.loads = []
        for line in run("readelf", "-lW", path).splitlines():
            m = re.match(r"\s*LOAD +(\w+) (\w+) \w+ (\w+) \w+ (.{3})", line)
            if m and "E" in m[4]:
                self.loads.append(tuple(int(m[i], 16) for i in (1, 2, 3)))
        self.symbols = collections.defaultdict(set)  # start -> names
        self.ends = {}
        self.untyped = set()
        self.go = {"runtime.text": 0, "runtime.etext": 0}
        for table in {path, debug}:
            for line in run("readelf", "-sW", table).splitlines():
                m = re.match(r"\s*\d+: (\w+) +(\w+) (FUNC|IFUNC|NOTYPE) +\w+ +\w+ +(\w+) (\S+)", line)
                if not m or m[4] in ("UND", "ABS"):
                    continue
                start, size = int(m[1], 16), int(m[2], 0)
                if m[5].startswith("runtime.") and m[5] in ("runtime.text", "runtime.etext"):
                    self.go[m[5]] = start
                if m[3] == "NOTYPE":
                    self.untyped.add(m[5])
                self.symbols[start].add(re.sub("@.*", "", m[5]))
                self.ends[start] = max(self.ends.get(start, 0), start + size)
        self.starts = sorted(self.symbols)
        self.supplement = ".gnu_debugaltlink" in run("readelf", "-SW", debug)
        if not self.starts and ".gopclntab" in run("readelf", "-SW", path):
            start, size, _ = next(s for s in self.sections if s[2] == ".text")
            self.go = {"runtime.text": start, "runtime.etext": start + size}

    def is_go(self, address):
        return self.go["runtime.text"] <= address < self.go["runtime.etext"]

    def section(self, address):
        for start, size, name in self.sections:
            if start <= address < start + size:
                return name
        return None

    def names_around(self, address):
        """Names of every symbol whose range holds the address."""
        found = set()
        at = bisect.bisect_right(self.starts, address)
        for start in self.starts[max(0, at - 64) : at]:
            if address < self.ends[start]:
                found |= self.symbols[start]
        return found

    def functions(self):
        """Entry and middle of every Go function."""
        starts = [s for s in self.starts if self.is_go(s) and self.ends[s] > s]
        return sorted({a for s in starts for a in (s, (s + self.ends[s]) // 2)})

    def sample(self, count, seed):
        pick = random.Random(seed)
        total = sum(size for _, size, _ in self.sections)
        found = set()
        while len(found) < min(count, total // 2):
            at = pick.randrange(total)
            for start, size, _ in self.sections:
                if at < size:
                    found.add(start + at)
                    break
                at -= size
        return sorted(found)


def run(*command, okay=(0,), **options):
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        encoding="utf-8", errors="replace", check=False, **options,
    )  # fmt: skip
    if done.returncode not in okay:
        raise subprocess.CalledProcessError(done.returncode, command)
    return done.stdout


# --- ours: through a dump and a profile, as a user gets it ----------------------------------------


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            assert key & 7 == 2, key
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        yield key >> 3, value


def numbers(value):
    if isinstance(value, int):
        return [value]
    found, at = [], 0
    while at < len(value):
        number, at = varint(value, at)
        found.append(number)
    return found


def ours(symbolize, elf, addresses):
    with tempfile.TemporaryDirectory() as work:
        profile = profile_of(symbolize, elf, addresses, work)
    return frames_of(profile, addresses)


def profile_of(symbolize, elf, addresses, work):
    dump, out = os.path.join(work, "dump.heap"), os.path.join(work, "out.pb.gz")
    with open(dump, "w", encoding="ascii") as f:
        n = len(addresses)
        total = n * (n + 1) // 2
        print(f"heap profile: {n}: {total} [ {n}: {total}] @ heap_v2/1", file=f)
        for i, address in enumerate(addresses):
            print(f"  1: {i + 1} [ 1: {i + 1}] @ {address + 1:#x}", file=f)
        print("MAPPED_LIBRARIES:", file=f)
        for offset, vaddr, size in elf.loads:
            print(f"{vaddr:x}-{vaddr + size:x} r-xp {offset:08x} 00:00 0   {elf.path}", file=f)
        print("# end", file=f)
    run(symbolize, "--all-frames", "--pprof", out, dump)
    with gzip.open(out) as f:
        return f.read()


def frames_of(profile, addresses):
    strings, functions, locations, samples = [], {}, {}, []
    for number, value in fields(profile):
        if number == 6:
            strings.append(value.decode("utf-8", "replace"))
        elif number == 5:
            function = dict(fields(value))
            functions[function[1]] = tuple(function.get(n, 0) for n in (3, 4, 2))
        elif number == 4:
            lines = [dict(fields(v)) for k, v in fields(value) if k == 4]
            location = dict(fields(value))
            locations[location[1]] = [(line.get(1, 0), line.get(2, 0)) for line in lines]
        elif number == 2:
            samples.append(value)
    answers = {}
    for value in samples:
        location, values = [], []
        for k, v in fields(value):
            if k == 1:
                location += numbers(v)
            elif k == 2:
                values += numbers(v)
        frames = [
            Frame(*(strings[s] or None for s in functions[f][:2]), line, strings[functions[f][2]])
            for f, line in locations[location[0]]
        ]
        answers[addresses[values[1] - 1]] = frames
    return {a: answers.get(a, []) for a in addresses}


# --- theirs ---------------------------------------------------------------------------------------


def llvm(elf, addresses):
    text = "".join(f"{a:#x}\n" for a in addresses)
    out = run(
        "llvm-symbolizer", f"--obj={elf.debug}", "--output-style=JSON", "--no-demangle",
        "--inlines", "--functions=linkage", input=text,
    )  # fmt: skip
    answers = {}
    for line in out.splitlines():
        answer = json.loads(line)
        answers[int(answer["Address"], 16)] = [
            Frame(s["FunctionName"] or None, s["FileName"] or None, s["Line"])
            for s in answer.get("Symbol", [])
        ]
    return answers


def eu(elf, addresses):
    """eu-addr2line names inlined frames by DW_AT_name and the innermost by its symbol."""
    text = "".join(f"{a:#x}\n" for a in addresses)
    out = run("eu-addr2line", "-a", "-i", "-f", "-A", "-e", elf.debug, input=text, okay=(0, 1))
    answers, frames, function = {}, None, None
    for line in out.splitlines():
        if re.fullmatch(r"0x[0-9a-f]{16}", line):
            frames = answers.setdefault(int(line, 16), [])
            function = None
        elif function is None:
            function = line
        else:
            m = re.fullmatch(r"(.*?):(\d+)(:\d+)?( .*)?", line)
            name = re.sub(r" inlined at .*", "", function)
            frames.append(
                Frame(
                    None if name == "??" else name,
                    None if not m or m[1] == "??" else m[1],
                    int(m[2]) if m else 0,
                )
            )
            function = None
    return answers


def golang(elf, addresses):
    """go tool addr2line: Go code only, the outermost function and the innermost line."""
    go = [a for a in addresses if elf.is_go(a)]
    out = run("go", "tool", "addr2line", elf.debug, input="".join(f"{a:#x}\n" for a in go))
    lines = out.splitlines()
    answers = {}
    for a, function, place in zip(go, lines[::2], lines[1::2]):
        file, _, line = place.rpartition(":")
        answers[a] = [Frame(function, None if file in ("", "?") else file, int(line))]
    return answers


TOOLS = {"llvm": llvm, "eu": eu, "go": golang}
