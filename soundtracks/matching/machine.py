"""What this process may use of the machine or container it runs in."""

import os
from pathlib import Path

import psutil

#: What one Python worker of the match needs for its batches beside the shared pages of the index, measured by benchmarks/scale.
WORKER_BYTES = 700 << 20

_MEMORY_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")


def available_memory(limits: tuple[Path, ...] = _MEMORY_LIMITS) -> int:
    """Bytes that this process may count on: the machine's memory or the container's limit, whichever is less."""
    total = int(psutil.virtual_memory().total)
    for path in limits:
        try:
            total = min(total, int(path.read_text()))
        except (OSError, ValueError):  # no such controller, or "max": no limit
            continue
    return total


def available_cores(limit: Path = _CPU_LIMIT) -> int:
    """Cores that this process may use: those it is bound to, or the container's quota, whichever is less; at least one."""
    # macOS binds no process to cores
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = limit.read_text().split()
        return max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):  # no such controller, or "max": no limit
        return cores
