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


def rooms(path):
    """The room of the house each function of the program comes from."""
    found = {}
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            head, _, source = line.rstrip("\n").partition("\t")
            name = head.split(" ", 2)[-1]
            room = ROOM.search(source)
            if ".pb." in source:
                found[name] = "protobuf"
            elif room:
                found[name] = room.group(1)
    return found


def group_of(symbol, dso, room_of):
    """The group of one sample."""
    bare = re.sub(r"\+0x[0-9a-f]+$", "", symbol)
    if "pistis" in dso and bare in room_of:
        room = room_of[bare]
        if room == "engine/storage":
            return "storage writes (RocksDB, files)"
        return room
    text = f"{dso} {symbol}"
    for name, pattern in COMPILED:
        if pattern.search(text):
            return name
    return "the rest"


def read(samples, room_of):
    """Samples by group, by (group, symbol) and by thread name."""
    groups, threads = Counter(), Counter()
    symbols = defaultdict(Counter)
    with open(samples, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = SAMPLE.match(line)
            if not match:
                continue
            symbol = re.sub(r"\+0x[0-9a-f]+$", "", match["symbol"])
            group = group_of(symbol, match["dso"], room_of)
            groups[group] += 1
            library = match["dso"].rsplit("/", 1)[-1]
            named = symbol if symbol != "[unknown]" else f"in {library}"
            symbols[group][named] += 1
            threads[f"{match['comm']} {match['tid']}"] += 1
    return groups, symbols, threads


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--functions", required=True)
    parser.add_argument("samples")
    arguments = parser.parse_args()
    groups, symbols, threads = read(
        arguments.samples, rooms(arguments.functions)
    )
    total = sum(groups.values()) or 1
    print("\n| share | group | its dearest functions |\n|---:|---|---|")
    for group, count in groups.most_common():
        dearest = ", ".join(
            f"`{name[:60]}` {share / total:.1%}"
            for name, share in symbols[group].most_common(4)
        )
        print(f"| {count / total:.1%} | {group} | {dearest} |")
    print("\n| share | thread |\n|---:|---|")
    for thread, count in threads.most_common(8):
        print(f"| {count / total:.1%} | {thread} |")


if __name__ == "__main__":
    main()
