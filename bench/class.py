"""A class of sixty in one lesson before the app as `deploy/up` starts it: `python -m bench.class --minutes 10`.

Each student joins by the code over Streamlit's own protocol, opens the lesson's first step, lets the page look at the class as
often as a browser does, and makes a choice every ten seconds, which the teacher holds back. The teacher's console stands in a real
browser. Students, browser and servers share the machine's cores. It starts a stack of its own in a temporary folder, and ends it.

`--experiment` has the class be an experiment instead: the teacher presses *Train with all*, each student's browser asks for one
seed of the training that the console offers first, all of them grow into one picture, and at the end all see it.
"""

import argparse
import asyncio
import contextlib
import functools
import os
import re
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from playwright.async_api import Page, async_playwright

from bench.common import save
from bench.crowd import own_stack, percentile, resident
from bench.students import Student
from deploy.settings import Settings
from deploy.stack import Stack
from tests.app_server import FLAGS, find_chromium

AT_ONCE = 6  # students who open their page at the same moment
# How many lines of seeds the teacher's picture has: values, where a gap ends each.
DRAWN = """() => {
  const [picture] = document.querySelectorAll(".st-key-class-experiment .js-plotly-plot");
  const line = picture.data.find(trace => trace.mode === "lines" && !trace.fill && trace.name !== "median");
  return Array.from(line.x._inputArray ?? line.x).filter(x => x === null || Number.isNaN(x)).length;
}"""


async def opened_by_teacher(page: Page, address: str) -> str:
    """Open a class in a browser; its code."""
    await page.goto(f"{address}class", timeout=60_000)
    await page.get_by_role("button", name="Open a class", exact=True).click(timeout=60_000)
    heading = page.locator("h1.code")
    await heading.wait_for(timeout=60_000)
    return await heading.inner_text()


async def shown_counts(page: Page) -> int:
    """How many choices the teacher's histogram has."""
    return sum(map(int, await page.locator(".st-key-class-poll .bar b").all_inner_texts()))


def usage(stack: Stack, settings: Settings) -> tuple[float, float]:
    """MiB of the app's processes, and the seconds of processor time that they have taken so far."""
    times = [process.cpu_times() for name in settings.apps if (process := stack.running(name)) is not None]
    return resident(stack, settings), sum(time.user + time.system for time in times)


@contextlib.asynccontextmanager
async def classroom(
    arguments: argparse.Namespace, address: str, errors: list[str]
) -> AsyncIterator[tuple[Page, str, list[Student]]]:
    """A teacher's console in a browser, its code, and students who have joined, and have opened the lesson unless the class is an
    experiment; at the end the class is over. errors: gets what
    the browser or a student complains about."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = await browser.new_page(viewport={"width": 1280, "height": 720})
        page.on("pageerror", lambda problem: errors.append(f"console: {problem}"))
        code = await opened_by_teacher(page, address)
        students = [Student(address, number, code, arguments.every) for number in range(arguments.students)]
        gate = asyncio.Semaphore(AT_ONCE)

        async def come(student: Student) -> None:
            async with gate:
                await student.join()
                if not arguments.experiment:
                    await student.open_lesson()

        await asyncio.gather(*(come(student) for student in students))
        yield page, code, students
        if arguments.picture:
            await page.screenshot(path=arguments.picture)
        await page.get_by_role("button", name="End class").click()
        await page.get_by_role("button", name="End the class for all").click()
        await page.get_by_text(re.compile("nothing of it is kept")).wait_for(timeout=20_000)
        for student in students:
            await student.leave()
        await browser.close()
    errors += [problem for student in students for problem in student.problems]
    for problem in errors[:10]:
        print("   ", problem, flush=True)


def teller() -> Callable[[str], float]:
    """A function that prints a line with the seconds since now, and gives them."""
    begun = time.perf_counter()

    def say(what: str) -> float:
        passed = time.perf_counter() - begun
        print(f"{passed:4.0f} s  {what}", flush=True)
        return passed

    return say


async def experiment(arguments: argparse.Namespace, address: str) -> dict[str, Any]:
    """One training, a seed for each student."""
    say, errors = teller(), []
    async with classroom(arguments, address, errors) as (page, code, students):
        count, console = len(students), page.locator(".st-key-class-experiment")
        training = console.get_by_role("combobox").first
        if arguments.training:
            await training.fill(arguments.training)
            await training.press("Enter")
            condition = "title => document.querySelector('.st-key-class-experiment input').value === title"
            await page.wait_for_function(condition, arg=arguments.training, timeout=60_000)
        title = await training.input_value()
        begun = say(f"class {code}: {count} are here; {title}")
        await console.get_by_role("button", name="Train with all").click()
        await console.get_by_text(f"of {count} seeds are done").wait_for(timeout=120_000)
        ready = say("each of them has asked for its seed") - begun
        await console.get_by_text(re.compile(r"of [1-9]\d* end at chance")).wait_for(timeout=60_000 * arguments.minutes)
        first = say("two seeds are done") - begun
        await console.get_by_text(f"{count} of {count} seeds are done").wait_for(timeout=60_000 * arguments.minutes)
        done = say("all seeds are done") - begun
        sentence = console.locator(".sentence")
        await sentence.filter(has_text=f"of {count} end at chance").wait_for(timeout=20_000)
        looks = [seconds for student in students for seconds in student.looks]
        for student in students:
            student.texts.clear()
        await console.get_by_role("button", name="Show on their screens").click()
        until = time.perf_counter() + 30
        while time.perf_counter() < until and not all(any("seeds are done" in text for text in s.texts) for s in students):
            await asyncio.sleep(0.2)
        seen = sum(any(f"{count} of {count} seeds are done" in text for text in student.texts) for student in students)
        shown = say(f"{seen} students see the picture")
        lines = await page.evaluate(DRAWN)
        verdict = await sentence.inner_text()
    return {
        "students": count,
        "training": title,
        "asked s": ready,
        "two done s": first,
        "all done s": done,
        "shown s": shown - begun - done,
        "lines": lines,
        "see the picture": seen,
        "verdict": verdict,
        "looks": len(looks),
        "look, median s": statistics.median(looks) if looks else float("nan"),
        "look, 95 % s": percentile(looks, 0.95),
        "look, worst s": max(looks, default=float("nan")),
        "errors": len(errors),
    }


def of_experiment(result: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """What was asked for of a class as an experiment: name, limit, measured, met."""
    count = result["students"]
    return [
        ("lines in the teacher's picture", str(count), str(result["lines"]), result["lines"] == count),
        ("students who see it", str(count), str(result["see the picture"]), result["see the picture"] == count),
        ("errors", "0", str(result["errors"]), result["errors"] == 0),
        ("median look of a student's page", "< 0.5 s", f"{result['look, median s']:.2f} s", result["look, median s"] < 0.5),
    ]


async def campaign(arguments: argparse.Namespace, address: str, measure: Callable[[], tuple[float, float]]) -> dict[str, Any]:
    """A lesson: choices that the teacher holds back."""
    say, errors = teller(), []
    async with classroom(arguments, address, errors) as (page, code, students):
        begun = say(f"class {code}: {len(students)} are in the lesson, on {sorted({s.process for s in students})}; they choose")
        sizes, start, worked = [], time.perf_counter(), measure()[1]
        until = start + 60 * arguments.minutes

        async def weigh() -> None:
            while time.perf_counter() < until:
                await asyncio.sleep(min(10.0, 6 * arguments.minutes))
                sizes.append((begun + time.perf_counter() - start, measure()[0]))

        await asyncio.gather(weigh(), *(student.take_part(until) for student in students))
        cores = (measure()[1] - worked) / (60 * arguments.minutes)
        say("they have chosen")
        with contextlib.suppress(Exception):
            await page.wait_for_function(
                "n => [...document.querySelectorAll('.st-key-class-poll .bar b')].reduce((s, b) => s + +b.innerText, 0) === n",
                arg=len(students),
                timeout=20_000,
            )
        counted = await shown_counts(page)
        here = await page.locator(".number b").inner_text()
    waited = [seconds for student in students for seconds in student.waited]
    looks = [seconds for student in students for seconds in student.looks]
    late = [size for at, size in sizes if at > sizes[-1][0] / 4] if sizes else []
    return {
        "students": len(students),
        "minutes": arguments.minutes,
        "choices": len(waited),
        "median s": statistics.median(waited) if waited else float("nan"),
        "95 % s": percentile(waited, 0.95),
        "worst s": max(waited, default=float("nan")),
        "looks": len(looks),
        "look, median s": statistics.median(looks) if looks else float("nan"),
        "look, worst s": max(looks, default=float("nan")),
        "cores of the app": cores,
        "errors": len(errors),
        "choices on the console": counted,
        "here on the console": int(here),
        "MiB with them": sizes[0][1] if sizes else float("nan"),
        "MiB after a quarter": late[0] if late else float("nan"),
        "MiB at the end": sizes[-1][1] if sizes else float("nan"),
    }


def verdicts(result: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """What was asked for: name, limit, measured, met."""
    grown = result["MiB at the end"] / result["MiB after a quarter"] - 1
    return [
        ("median answer to a choice", "< 0.5 s", f"{result['median s']:.2f} s", result["median s"] < 0.5),
        ("worst answer", "< 3 s", f"{result['worst s']:.2f} s", result["worst s"] < 3),
        ("errors", "0", str(result["errors"]), result["errors"] == 0),
        (
            "choices on the teacher's screen", str(result["students"]), str(result["choices on the console"]),
            result["choices on the console"] == result["students"],
        ),
        ("memory, from a quarter of the time to its end", "within 5 %", f"{100 * grown:+.1f} %", grown <= 0.05),
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two choices of a student")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--picture", help="where to save a picture of the console at the end")
    parser.add_argument("--experiment", action="store_true", help="one training, a seed for each student, instead of a lesson")
    parser.add_argument("--training", default="", help="the title of the experiment's training, as the console offers it")
    parser.add_argument("--address", help="visit the app there instead, without a look at its memory")
    parser.add_argument("--no-save", action="store_true", help="only print")
    arguments = parser.parse_args()
    nothing = float("nan"), float("nan")

    async def take(address: str, measure: Callable[[], tuple[float, float]]) -> dict[str, Any]:
        return await (experiment(arguments, address) if arguments.experiment else campaign(arguments, address, measure))

    if arguments.address:
        print(asyncio.run(take(arguments.address.rstrip("/") + "/", lambda: nothing)))
        return 0
    with own_stack(arguments.processes) as (stack, settings):
        result = asyncio.run(take(settings.address, functools.partial(usage, stack, settings)))
        result["processes"] = settings.processes
    rows = of_experiment(result) if arguments.experiment else verdicts(result)
    print("\n| | limit | measured | |\n|---|---|---|---|")
    print("\n".join(f"| {name} | {limit} | {measured} | {'yes' if met else '**no**'} |" for name, limit, measured, met in rows))
    if arguments.experiment:
        times = f"all asked after {result['asked s']:.0f} s, done after {result['all done s']:.0f} s"
        print(f"\n{result['training']}: {times}. {result['verdict']}")
    else:
        made = f"{result['choices']} choices and {result['looks']} looks of {result['students']} students"
        print(f"\n{made} kept {result['cores of the app']:.2f} cores busy.")
    if not arguments.no_save:
        print("saved to", save("class_experiment" if arguments.experiment else "class", [result]))
    return int(not all(met for *_, met in rows))


if __name__ == "__main__":
    sys.exit(main())
