"""The backward pass of a hidden layer in four ways (`snnviz.studies.contenders`), against the share of its active entries:
`python -m bench.sparsity`.

What is measured is the second hidden layer, N to N, of the three published workloads: forward, backward (the loop over
time, dL/dW and dL/dinput) and the bytes kept between them. Its inputs are the spikes of a first hidden layer that gets
input of the workload's statistics, or real N-MNIST recordings where there are any (SNNVIZ_DATA). Spikes are the same in
all four, and gradients are compared before anything is timed. Contenders take turns; medians are quoted, and ratios
within one run.
On a machine that others use, --threads 1 and the CPU times say more than the clock.
"""

import argparse
import dataclasses
import itertools
import json
import pathlib
import sys
import warnings

import torch

from bench.common import RESULTS, machine
from snnviz import sparse
from snnviz.backends import BACKENDS
from snnviz.neurons import LIF
from snnviz.studies.contenders import CONTENDERS, bytes_between, check, take_times
from snnviz.studies.workloads import RATE, WORKLOADS, Workload, layers


def main(arguments=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", nargs="*", default=["SHD"], choices=list(WORKLOADS))
    parser.add_argument("--hidden", type=int, nargs="*", default=[1000])
    parser.add_argument("--steps", type=int, nargs="*", default=None, help="other numbers of steps than the workload's")
    parser.add_argument("--batch", type=int, nargs="*", default=[32])
    parser.add_argument("--percent", type=float, nargs="*", default=[100, 30, 10, 3, 1, 0.3, 0.1, 0.01], help="active")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--naive-repeats", type=int, default=2, help="at about 1 %% active only; 0: leave it out")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=None, help="of torch and the kernels; 1: CPU times compare")
    parser.add_argument("--output", type=pathlib.Path, default=None)
    options = parser.parse_args(arguments)
    backend = BACKENDS["native" if options.device == "cpu" else "cuda"]
    if reason := backend.unusable():
        sys.exit(f"{backend.name}: {reason}")
    if options.threads:
        torch.set_num_threads(options.threads)
    warnings.simplefilter("ignore", sparse.DeadLayer)
    report = {"machine": machine(options.device), "rate": RATE, "neuron": repr(LIF()), "cases": []}
    print(json.dumps(report["machine"], indent=1))
    RESULTS.mkdir(exist_ok=True)
    stamp = report["machine"]["date"][:19].replace(":", "")
    path = options.output or RESULTS / f"sparsity-{options.device}-{stamp}.json"
    for name, hidden, batch in itertools.product(options.workloads, options.hidden, options.batch):
        for steps in options.steps or [WORKLOADS[name].steps]:
            work = dataclasses.replace(WORKLOADS[name], steps=steps)
            report["cases"] += run(work, hidden, batch, options, backend.name)
            path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")  # an interruption loses no finished case
    print(f"\nwritten to {path}")


def run(work: Workload, hidden: int, batch: int, options, backend: str) -> list[dict]:
    prepared = layers(work, hidden, batch, options.device)
    print(
        f"\n{work.name}, T = {work.steps}, batch {batch}, {work.inputs} -> {hidden} -> {hidden}; input {prepared.origin}, "
        f"rate {100 * prepared.spikes.rate:.2f} %; hidden rates {100 * prepared.rates[0]:.2f} and {100 * prepared.rates[1]:.2f} %"
    )
    print(
        f"{'active below/here %':>20} {'contender':>9} {'forward':>9} {'backward':>9} {'step':>9} ms "
        f"{'(backward CPU)':>15} ms {'kept':>8} MB  sparse, backward:"
    )
    cases = []
    for percent in options.percent:
        case = prepared.case(percent / 100, backend)
        below = case.packed
        with_naive = options.naive_repeats > 0 and percent == min(options.percent, key=lambda p: abs(p - 1))
        contenders = [c for c in CONTENDERS if c != "naive" or with_naive]
        try:
            errors = check(case, contenders)
        except ValueError as problem:
            sys.exit(f"Nothing was timed: {problem}")
        result = take_times(case, contenders, options.repeats, options.device, options.naive_repeats)
        for name in contenders:
            result[name] |= {"kept_bytes": bytes_between(case, name), "error": errors[name]}
        here = {
            "workload": work.name,
            "steps": work.steps,
            "batch": batch,
            "inputs": work.inputs,
            "hidden": hidden,
            "origin": prepared.origin,
            "rate_below": below.rate,
            "active_below": case.below.share,
            "active": case.active.share,
            "u_and_x_bytes": 8 * work.steps * batch * hidden,
            "contenders": result,
        }
        cases.append(here)
        mine = result["sparse"]
        for name in contenders:
            r = result[name]
            if name == "sparse":
                comparison = f"keeps {here['u_and_x_bytes'] / r['kept_bytes']:.0f} times less than u and x"
            else:
                comparison = (
                    f"{r['backward_ms'] / mine['backward_ms']:.1f} times faster than {name} "
                    f"({r['backward_cpu_ms'] / mine['backward_cpu_ms']:.1f} by CPU time)"
                )
            print(
                f"{100 * case.below.share:9.3f}/{100 * case.active.share:<10.3f} {name:>9} {r['forward_ms']:9.1f} "
                f"{r['backward_ms']:9.1f} {r['forward_ms'] + r['backward_ms']:9.1f}    "
                f"{r['backward_cpu_ms']:15.1f}    {r['kept_bytes'] / 1e6:8.2f}     {comparison}",
                flush=True,
            )
        del case
    crossover(cases)
    return cases


def crossover(cases: list[dict]) -> None:
    """Say where sparse stops being faster than fused, backward and whole step, between the measured shares."""
    for what, keys in (("backward", ("backward_ms",)), ("step", ("forward_ms", "backward_ms"))):
        ratios = sorted(
            (case["active"], sum(case["contenders"]["sparse"][k] for k in keys) / sum(case["contenders"]["fused"][k] for k in keys))
            for case in cases
        )
        over = [share for share, ratio in ratios if ratio > 1]
        worst = max(ratio for _, ratio in ratios)
        under = max((share for share, ratio in ratios if ratio <= 1 and (not over or share < min(over))), default=None)
        text = "everywhere" if not over else f"up to {100 * under:.3g} % active" if under else "nowhere"
        print(f"{what}: sparse is faster than fused {text}; at worst it takes {worst:.2f} times as long")


if __name__ == "__main__":
    main()
