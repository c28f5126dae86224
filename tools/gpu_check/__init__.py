"""Everything that is owed to a real GPU, in one command of at most eight minutes: `python -m tools.gpu_check`.

Tests, times and a memory check, in stages (tools/gpu_check/stages.py), each a process of its own with a limit. Results go to
bench/results/gpu-check.json as they come, with device, driver, versions, date and commit; what is done is not lost when the time
is up. `--emulated` runs the same stages, small, on the emulated GPU of tests/emulator: its times say nothing.
"""
