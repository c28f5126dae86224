"""Many visitors at once on one process of the app: `python -m bench.sessions`. Each opens a page and then moves a slider every
two seconds. Memory is the server process's resident set. For the app as `deploy/up` starts it: `python -m bench.crowd`.
"""

import argparse
import asyncio
import statistics
import time

import psutil

from bench.common import save, table
from bench.visitors import PAGES, Visitor, server, together

MIB = 1 << 20


async def measure(address: str, process: psutil.Process, sessions: int, moves: int) -> dict:
    names = list(PAGES)
    first = [Visitor(address, name, i) for i, name in enumerate(names)]  # every page is seen once: kernels and libraries are there
    for visitor in first:
        await visitor.open()
        await visitor.move()
        await visitor.leave()
    visitors = [Visitor(address, names[i % len(names)], i) for i in range(sessions)]
    alone = process.memory_info().rss
    for visitor in visitors:
        await visitor.open()
    await asyncio.gather(*(visitor.visit(moves) for visitor in visitors))
    half = process.memory_info().rss
    await asyncio.gather(*(visitor.visit(moves) for visitor in visitors))
    end = process.memory_info().rss
    waited = [s for visitor in visitors for s in visitor.waited]
    for visitor in visitors:
        await visitor.leave()
    return {
        "sessions": sessions,
        "moves": len(waited),
        "median s": statistics.median(waited),
        "worst s": max(waited),
        "MB with one": alone / MIB,
        "MB for each": (half - alone) / MIB / sessions,
        "MB later": (end - half) / MIB,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 10, 30])
    parser.add_argument("--moves", type=int, default=10, help="of each visitor, twice")
    parser.add_argument("--cold", type=int, metavar="TIMES", help="instead: a fresh server, all sessions at once, that many times")
    parser.add_argument("--no-save", action="store_true", help="only print")
    args = parser.parse_args()
    if args.cold:
        for sessions in args.sessions:
            for turn in range(args.cold):
                with server() as (address, _):
                    begun = time.perf_counter()
                    problems = asyncio.run(together(address, sessions))
                print(f"{turn + 1}: {sessions} sessions, {time.perf_counter() - begun:.1f} s, {len(problems)} problems", flush=True)
                for problem in problems:
                    print("   ", problem, flush=True)
        return
    rows = []
    for sessions in args.sessions:
        with server() as (address, process):
            rows.append(asyncio.run(measure(address, process, sessions, args.moves)))
        print(table(rows[-1:]), flush=True)
    if not args.no_save:
        print(save("sessions", rows))


if __name__ == "__main__":
    main()
