"""Faults in losses, optimisers, schedules, the training's step and its checkpoints."""

from tools.mutants import Mutation

LOSSES, OPTIMISERS = "snnviz/losses.py", "snnviz/optimisers.py"
STEP, LOOP, CHECKPOINTS = "snnviz/training/step.py", "snnviz/training/loop.py", "snnviz/training/checkpoints.py"
TESTS, ARITHMETIC = "tests/test_training.py", "tests/test_training_step.py"
FORMULAS = f"{TESTS}::test_regulariser_and_stepwise_loss_against_their_formulas"
VAN_ROSSUM = f"{TESTS}::test_van_rossum_against_its_formula"
STEPS = f"{ARITHMETIC}::test_an_optimisers_steps_are_its_formula"
SCHEDULE = f"{TESTS}::test_schedules"
GOES_ON = f"{TESTS}::test_a_stopped_run_goes_on_bit_for_bit"
OVER_TIME = f"{ARITHMETIC}::test_the_readout_over_time"
SAME = f"{TESTS}::test_training_over_active_entries_alone_is_the_same_training"

MUTATIONS = (
    Mutation("loss-sum-is-mean", LOSSES, "return logits.sum(0)", "return logits.mean(0)", OVER_TIME),
    Mutation("loss-last-is-first", LOSSES, "logits[-1]", "logits[0]", OVER_TIME),
    Mutation(
        "loss-stepwise-sums-steps",
        LOSSES,
        "F.cross_entropy(logits.flatten(0, 1), y.repeat(len(logits)))",
        'F.cross_entropy(logits.flatten(0, 1), y.repeat(len(logits)), reduction="sum")',
        FORMULAS,
    ),
    Mutation("loss-stepwise-labels-by-sample", LOSSES, "y.repeat(len(logits))", "y.repeat_interleave(len(logits))", FORMULAS),
    Mutation("loss-stepwise-pull-to-0", LOSSES, "(logits - self.towards).square()", "logits.square()", FORMULAS),
    Mutation("loss-van-rossum-filter", LOSSES, "* dt / self.tau), 0.0)", "* dt / (2 * self.tau)), 0.0)", VAN_ROSSUM),
    Mutation("loss-van-rossum-acausal", LOSSES, "torch.where(lag >= 0,", "torch.where(lag <= 0,", VAN_ROSSUM),
    Mutation(
        "loss-van-rossum-without-dt", LOSSES, "return dt / self.tau * difference", "return 1 / self.tau * difference", VAN_ROSSUM
    ),
    Mutation("regulariser-lower-not-squared", LOSSES, ".clamp(min=0).square().mean(1)", ".clamp(min=0).mean(1)", FORMULAS),
    Mutation(
        "regulariser-upper-of-each-neuron", LOSSES, "(counts.mean(1) - self.upper)", "(counts.amax(1) - self.upper)", FORMULAS
    ),
    Mutation(
        "optimiser-adam-beta",
        OPTIMISERS,
        "torch.optim.Adam(parameters, self.lr, (self.beta1, self.beta2)",
        "torch.optim.Adam(parameters, self.lr, (self.beta2, self.beta1)",
        STEPS,
    ),
    Mutation("optimiser-adamw-decay", OPTIMISERS, "torch.optim.AdamW(", "torch.optim.Adam(", STEPS),
    Mutation(
        "optimiser-adam-forgets-decay",
        OPTIMISERS,
        "torch.optim.Adam(parameters, self.lr, (self.beta1, self.beta2), weight_decay=self.decay)",
        "torch.optim.Adam(parameters, self.lr, (self.beta1, self.beta2))",
        STEPS,
    ),
    Mutation(
        "optimiser-momentum-left-out",
        OPTIMISERS,
        "torch.optim.SGD(parameters, self.lr, self.momentum,",
        "torch.optim.SGD(parameters, self.lr,",
        STEPS,
    ),
    Mutation("optimiser-momentum-damped", OPTIMISERS, "self.momentum, weight_decay", "self.momentum, 0.5, weight_decay", STEPS),
    Mutation("schedule-floor-added-twice", OPTIMISERS, "(1 - self.floor) * 0.5", "0.5", SCHEDULE),
    Mutation("schedule-warmup-left-out", OPTIMISERS, "return done / self.warmup", "return 1.0", SCHEDULE),
    Mutation(
        "schedule-one-batch-late",
        STEP,
        "* self.batches + batch - 1)",
        "* self.batches + batch)",
        f"{ARITHMETIC}::test_the_learning_rate_follows_its_schedule",
    ),
    Mutation(
        "step-clips-nothing", STEP, "gradient.mul_(t.clip / whole)", "gradient.mul_(1.0)", f"{TESTS}::test_clipping_bounds_the_step"
    ),
    Mutation(
        "step-clips-each-by-itself",
        STEP,
        "gradient.mul_(t.clip / whole)",
        "gradient.mul_(t.clip / gradient.norm())",
        f"{TESTS}::test_clipping_bounds_the_step",
    ),
    Mutation("step-gradients-add-up", STEP, "self.optimiser.zero_grad()", "None", f"{ARITHMETIC}::test_a_step_is_of_its_own_batch"),
    Mutation(
        "step-weights-move-when-not-finite",
        STEP,
        "if math.isfinite(whole):",
        "if True:",
        f"{TESTS}::test_dead_and_exploding_layers_are_named",
    ),
    Mutation(
        "step-regulariser-left-out",
        STEP,
        "loss = loss + sum(t.regulariser.of(s) for s in self.watch.spikes)",
        "pass",
        f"{TESTS}::test_the_activity_regulariser_lowers_the_rate",
    ),
    Mutation(
        "test-loss-is-a-sum",
        LOOP,
        "test_loss / len(run.test)",
        "test_loss",
        f"{ARITHMETIC}::test_the_test_half_is_measured_as_a_whole",
    ),
    Mutation(
        "confusion-transposed",
        LOOP,
        "(y.numpy(), predicted)",
        "(predicted, y.numpy())",
        f"{ARITHMETIC}::test_the_test_half_is_measured_as_a_whole",
    ),
    Mutation(
        "epoch-means-ignore-the-last-batchs-size",
        LOOP,
        "np.average(np.array(values, float), 0, weights)",
        "np.mean(np.array(values, float), 0)",
        f"{ARITHMETIC}::test_an_epochs_means_weigh_batches_by_their_size",
    ),
    Mutation(
        "checkpoint-optimiser-not-restored",
        CHECKPOINTS,
        'if name.startswith("optimiser."):',
        'if name.startswith("none."):',
        f"{GOES_ON} -k 'Adam or momentum'",
    ),
    Mutation("checkpoint-passes-not-saved", CHECKPOINTS, "str(run.network.passes)", "str(0)", GOES_ON),
    Mutation("checkpoint-passes-not-restored", CHECKPOINTS, "run.network.passes = saved.passes", "pass", GOES_ON),
    Mutation(
        "checkpoint-resume-one-epoch-late",
        LOOP,
        "first = 1 + resume(run, checkpoint)",
        "first = 2 + resume(run, checkpoint)",
        GOES_ON,
    ),
    Mutation(
        "checkpoint-resume-repeats-an-epoch",
        LOOP,
        "first = 1 + resume(run, checkpoint)",
        "first = resume(run, checkpoint)",
        GOES_ON,
    ),
    Mutation(
        "checkpoint-before-its-record",
        LOOP,
        "    try:\n        yield dataclasses.replace(\n",
        "    if checkpoint is not None:\n        save(run, checkpoint, epoch)\n    try:\n        yield dataclasses.replace(\n",
        f"{TESTS}::test_killed_at_any_moment_no_record_is_missing",
    ),
    Mutation(
        "checkpoint-of-another-training-taken",
        CHECKPOINTS,
        "epochs=run.training.epochs) != run.training:",
        "epochs=run.training.epochs) is None:",
        f"{TESTS}::test_bad_checkpoints_are_refused_in_one_sentence",
    ),
    Mutation(
        "checkpoint-not-by-rename",
        "snnviz/places.py",
        "os.replace(fresh, path)",
        "path.write_bytes(fresh.read_bytes())",
        GOES_ON,
    ),
)
