"""Which file may include which: the architecture as a table.

server, clients -> operations -> pure rooms -> base; operations -> storage.
"""

import re

# In the order of the way down; a room may include those before it.
ROOMS = (
    "base",
    "expr",
    "rulebook",
    "order",
    "rules",
    "margin",
    "ledger",
    "codes",
    "members",
    "notes",
    "care",
    "insight",
    "storage",
    "operations",
)
IMPURE = ("storage", "operations")

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)
_TRANSPORT = ("grpc/", "grpcpp/", "boost/asio", "boost/beast")
_ROCKSDB_ROOM = "engine/storage/rocksdb/"
# What the files of the clients that work without a server may include besides:
# one reads a stopped server's files by itself, one looks at backups, one makes
# them anew, one evaluates expressions.
_WITHOUT_SERVER = {
    "clients/cli/doctor_host.cc": (
        "engine/operations/open_store.h",
        "engine/storage/backup.h",
        "engine/storage/codec.h",
        "engine/storage/files.h",
        "engine/storage/keys.h",
        "engine/storage/rocksdb/stopped_store.h",
    ),
    "clients/cli/local_recount.cc": (
        "engine/operations/open_store.h",
        "engine/operations/verify_ledger.h",
        "engine/operations/work_off_due.h",
        "engine/storage/backup.h",
        "engine/storage/rocksdb/stopped_store.h",
    ),
    "clients/cli/local_clean.cc": (
        "engine/operations/env.h",
        "engine/operations/erase_again.h",
        "engine/operations/executor.h",
        "engine/operations/open_store.h",
        "engine/operations/rulebook_cache.h",
        "engine/storage/backup.h",
        "engine/storage/erasure_file.h",
        "engine/storage/erasure_keys.h",
        "engine/storage/files.h",
        "engine/storage/rocksdb/rocksdb_store.h",
        "engine/storage/store.h",
    ),
    "clients/cli/local_simulation.cc": (
        "engine/operations/simulate_rulebook.h",
        "engine/storage/rocksdb/scratch_store.h",
    ),
    "clients/cli/expr_command.cc": ("engine/expr/cases.h",),
}


def _room(path):
    """The engine room of `path`, or None outside the engine."""
    parts = path.split("/")
    return parts[1] if parts[0] == "engine" and len(parts) > 2 else None


def is_pure(path):
    """Whether `path` lies in a room that only computes: values in, values out."""
    room = _room(path)
    return room in ROOMS and room not in IMPURE and room != "base"


def _is_transport(target):
    return target.startswith(_TRANSPORT) or target.endswith(".grpc.pb.h")


def _against_room_order(room, target):
    to = _room(target)
    if to is None or to == room:
        return None
    if to not in ROOMS:
        return f"{to} is no room of the engine"
    if room == "storage" and to != "base":
        return f"storage knows base and its own protos alone, not {to}"
    if room != "operations" and to in IMPURE:
        return f"{room} is pure and may not know {to}"
    if ROOMS.index(to) > ROOMS.index(room):
        return f"{room} stands below {to}"
    return None


def _against_engine(path, target):
    room = _room(path)
    if target.startswith(("server/", "clients/", "tests/")):
        return f"the engine may not know {target.split('/')[0]}"
    if _is_transport(target):
        return "the engine knows no transport"
    if room not in ROOMS:
        return "the file lies in no room of the engine"
    if room == "storage" and target.startswith("pistis/v1/"):
        return "storage knows the bytes on disk, not the API"
    return _against_room_order(room, target)


def _against_clients(path, target):
    if target.startswith("server/"):
        return "clients may not know the server"
    if target in _WITHOUT_SERVER.get(path, ()):
        return None
    if target.startswith("engine/") and not target.startswith("engine/base/"):
        return "clients know of the engine only engine/base"
    return None


def _against_tests(path, target):
    if path.startswith("engine/") and target.startswith(("server/", "clients/")):
        return f"the engine's tests may not know {target.split('/')[0]}"
    return None


def _why_not(path, target, test):
    """Why `path` may not include `target`, or None if it may."""
    if test:
        return _against_tests(path, target)
    if target.startswith("rocksdb/") and not path.startswith(_ROCKSDB_ROOM):
        return f"only {_ROCKSDB_ROOM} knows RocksDB"
    if target.startswith("tests/"):
        return "shipped code may not know tests"
    if path.startswith("engine/"):
        return _against_engine(path, target)
    if path.startswith("server/") and target.startswith("clients/"):
        return "the server may not know its clients"
    if path.startswith("clients/"):
        return _against_clients(path, target)
    return None


def faults(path, text, test):
    """Yields (line, why) for each include of `text` that runs up.

    `test` says that the file is compiled for tests alone, which may look
    further than what ships.
    """
    for match in _INCLUDE.finditer(text):
        why = _why_not(path, match.group(1), test)
        if why:
            line = text.count("\n", 0, match.start(1)) + 1
            yield line, f"{match.group(1)}: {why}"
