"""Faults in the pass over active entries alone: its lists, its way back, and the filter of its input."""

from tools.mutants import Mutation

KERNEL, LAYER = "kernels/sparse_backward.cu", "snnviz/sparse/layer.py"
DENSE = "tests/test_sparse.py::test_sparse_is_dense"
DELTA = "tests/test_sparse.py::test_delta_is_the_references"
SIZES = "tests/test_sparse.py::test_odd_shapes_and_every_size_of_the_active_set"

MUTATIONS = (
    Mutation(
        "sparse-spikes-not-listed", KERNEL, "if (p.keep_spikes) {", "if (false) {", f"{DENSE} -k 'lists and ZERO and SparseGD'"
    ),
    Mutation(
        "sparse-zero-effect-of-decay",
        KERNEL,
        "effect[first + q] = own[q] - delta[j];",
        "effect[first + q] = own[q];",
        f"{DENSE} -k 'lists and SparseGD and ALIF'",
    ),
    Mutation("sparse-spike-bit-lost", KERNEL, "e.s = real(index[entry] >> 7);", "e.s = 0;", f"{DENSE} -k 'lists and ZERO'"),
    Mutation(
        "sparse-extra-is-u",
        KERNEL,
        "more[j] = k.c[5] != 0 ? u_t : theta_t;",
        "more[j] = u_t;",
        f"{DELTA} -k 'lists and ALIF and KEPT'",
    ),
    Mutation(
        "sparse-derivative-at-reset-membrane",
        KERNEL,
        "(k.after_reset != 0 ? Neuron::after(k, u_t, theta_t, s_t) : u_t) - theta_t",
        "u_t - theta_t",
        "tests/test_sparse.py::test_the_derivative_may_be_read_after_the_reset",
    ),
    Mutation(
        "sparse-synapse-forgets-nothing",
        "kernels/sparse_decay.cuh",
        "a.i = flushed(k.c[6] * di);",
        "a.i = di;",
        f"{DELTA} -k 'lists and Cuba'",
    ),
    Mutation(
        "sparse-adaptation-forgets-nothing",
        "kernels/sparse_decay.cuh",
        "a.b = flushed(k.c[3] * a.b);",
        "a.b = flushed(a.b);",
        f"{DELTA} -k 'lists and ALIF and KEPT'",
    ),
    Mutation(
        "sparse-tiles-below-overwrite",
        KERNEL,
        "below.grad[q] = tile ? below.grad[q] + sum : sum;",
        "below.grad[q] = sum;",
        f"{DELTA} -k 'lists and LIF'",
    ),
    Mutation(
        "sparse-bias-is-a-mean",
        LAYER,
        "None if sums is None else sums.sum(0)",
        "None if sums is None else sums.mean(0)",
        f"{DENSE} -k 'lists and LIF and SparseGD'",
    ),
)
