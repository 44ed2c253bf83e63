#!/usr/bin/env python3
"""Groups perf's samples by what the processor was doing.

    profile_table.py --functions FILE SAMPLES

FILE is `nm -C -l` of the program; SAMPLES is `perf script -F
comm,tid,ip,sym,dso`. A sample counts for the innermost function alone.
"""

import argparse
import re
from collections import Counter, defaultdict

SAMPLE = re.compile(
    r"^\s*(?P<comm>.+?)\s+(?P<tid>\d+)\s+(?P<ip>[0-9a-f]+)\s+"
    r"(?P<symbol>.*) \((?P<dso>[^)]*)\)$"
)
ROOM = re.compile(r"/(engine/storage|engine/[a-z]+|server)/[^/]")

# The first pattern that is found in "library symbol" names the group.
GROUPS = (
    (
        "wake-ups, locks, scheduling",
        r"futex|sched|switch_to|task_switch|wake|pthread_(cond|mutex|rw)|lll_"
        r"|absl::.*(Mutex|CondVar|SynchWaiter|PerThread|GraphCycles)"
        r"|libabsl_(synch|graphcycles)|eventfd|epoll|ep_|poll|_raw_spin"
        r"|nanosleep|hrtimer",
    ),
    (
        "allocation",
        r"libc\.so.*\b(malloc|free|calloc|realloc|_int_\w+|cfree|unlink_chunk"
        r"|malloc_consolidate|tcache\w*|sysmalloc)\b"
        r"|operator (new|delete)|jemalloc|page_fault|clear_page|mmap|brk",
    ),
    (
        "network in the kernel",
        r"kernel.*(tcp|skb|sock|inet|ip_|net|loopback|__qdisc|dev_|nf_|sk_"
        r"|msg|copy_user|copyin|copyout|iov|release_sock|neigh)",
    ),
    (
        "storage writes (RocksDB, files)",
        r"librocksdb|kernel.*(ext4|xfs|btrfs|jbd2|blk|bio|virtio|virtqueue"
        r"|nvme|vfs_write|filemap|folio|sync|writeback|generic_perform)"
        r"|fdatasync|crc32",
    ),
    ("gRPC and HTTP/2", r"libgrpc|libgpr|libupb|libaddress|grpc::|grpc_"),
    ("protobuf", r"libprotobuf|google::protobuf|Serialize|_InternalParse"),
    ("digests", r"libcrypto"),
    ("kernel, other", r"kernel"),
)
COMPILED = [(name, re.compile(pattern)) for name, pattern in GROUPS]


def canonical(symbol):
    """A demangled name without offset, clone, parameters and return type."""
    name = re.sub(r"\+0x[0-9a-f]+$| \[clone.*", "", symbol)
    name = name.replace("(anonymous namespace)", "{}")
    name = name.replace("operator()", "operator{}").split("(")[0]
    before, angle, after = name.partition("<")
    if "operator" not in before:
        before = before.rsplit(" ", 1)[-1]
    return before + angle + after


def rooms(path):
    """The room of the house each function of the program comes from."""
    found = {}
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            head, _, source = line.rstrip("\n").partition("\t")
            name = canonical(head.split(" ", 2)[-1])
            room = ROOM.search(source)
            if ".pb." in source:
                found[name] = "protobuf"
            elif room:
                found[name] = room.group(1)
    return found


def group_of(symbol, dso, room_of):
    """The group of one sample."""
    if "pistis" in dso and canonical(symbol) in room_of:
        room = room_of[canonical(symbol)]
        if room == "engine/storage":
            return "storage writes (RocksDB, files)"
        return room
    text = f"{dso} {symbol}"
    for name, pattern in COMPILED:
        if pattern.search(text):
            return name
    return "the rest"


def read(samples, room_of):
    """Samples as (thread, group, function) with how often each was seen."""
    seen = Counter()
    with open(samples, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = SAMPLE.match(line)
            if not match:
                continue
            symbol = re.sub(r"\+0x[0-9a-f]+$", "", match["symbol"])
            library = match["dso"].rsplit("/", 1)[-1]
            named = symbol if symbol != "[unknown]" else f"in {library}"
            thread = f"{match['comm']} {match['tid']}"
            seen[thread, group_of(symbol, match["dso"], room_of), named] += 1
    return seen


def table(seen, row_of, detail_of, details):
    """Rows by share, each with the dearest of its details, line by line."""
    total = sum(seen.values()) or 1
    rows = defaultdict(Counter)
    for key, count in seen.items():
        rows[row_of(key)][detail_of(key)] += count
    order = sorted(rows, key=lambda row: -sum(rows[row].values()))
    for row in order:
        share = sum(rows[row].values()) / total
        if share < 0.005:
            continue
        dearest = ", ".join(
            f"{name[:60]} {count / total:.1%}"
            for name, count in rows[row].most_common(details)
        )
        yield f"| {share:.1%} | {row} | {dearest} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--functions", required=True)
    parser.add_argument("samples")
    arguments = parser.parse_args()
    seen = read(arguments.samples, rooms(arguments.functions))
    print("\n| share | group | its dearest functions |\n|---:|---|---|")
    by_group = table(seen, lambda key: key[1], lambda key: f"`{key[2]}`", 6)
    print("\n".join(by_group))
    print("\n| share | thread | what it does |\n|---:|---|---|")
    by_thread = table(seen, lambda key: key[0], lambda key: key[1], 6)
    print("\n".join(by_thread))


if __name__ == "__main__":
    main()
