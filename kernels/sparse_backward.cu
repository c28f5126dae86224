// A layer (weights in front of a neuron) whose backward pass reads only the active entries: those with ds_du != 0.
//
// The forward pass stores the spikes as bits. It stores the active entries as lists; for reset to zero and for the adaptive
// threshold it lists the spikes too. At every other entry the step back through time is plain decay and needs no stored number.
// Layout: a row is (sample b, tile of 128 columns, step t), and the rows lie in that order. An entry of a row is one byte (its
// place in the tile, + 128 if the neuron fired) and its ds_du. No array [T, B, N] is written.
// The backward pass carries the state of a tile back through time in registers and cache. It computes
//     effect = delta - (delta by plain decay of the later step's delta)     (0 at entries that are not listed)
//     dL/dinput[t, b, i] = sum_j W[i, j] delta[t, b, j]                     (only where the input is active itself)
//     dL/dW[i, j] = sum_{t, b} effect[t, b, j] trace[t, b, i],   trace: the input, filtered as the membrane filters it
// The sum for dL/dW is exact for every reset path: delta is the sum of the decayed effects, and the decay, which is linear, is
// applied to the input (forwards in time) instead of to the effects (backwards in time).
//
// No sum crosses jobs, so the result does not depend on the number of threads. As C++ a call does the jobs [begin, end); on a GPU a
// block of 128 threads does one job. Python (snnviz/sparse/calls.py) distributes the jobs.
#include "scan.cuh"
#include "spike_derivative.cuh"
#undef SNN_NEURON
#define SNN_NEURON(name, Neuron, Adjoint)             // the neurons' structs only, not their dense kernels again
#include "lif.cu"
#include "cuba.cu"
#include "alif.cu"

#include "sparse_rows.cuh"
#include "sparse_decay.cuh"

// ds_du for the n margins of the listed columns. A random draw depends only on its place (step, column), so entries that cannot be
// active need no draw.
template <class Derivative>
SNN_FN void slopes_of(const Scan& k, const real* margins, const index_t* columns, index_t n, const real* table, index_t t,
                      real* slopes) {
#if defined(__CUDACC__)
    SNN_EACH(q, n) Derivative::row(k, margins + q, table, t, Listed{columns + q, 0}, 1, slopes + q);
#else
    Derivative::row(k, margins, table, t, Listed{columns, n - 1}, n, slopes);
#endif
}
// The number of each derivative in SNN_DERIVATIVES: Python passes it as `derivative`.
#define SNN_NUMBER(prefix, name, ...) prefix##name,
enum { SNN_DERIVATIVES(SNN_NUMBER, NUMBER_OF_) };
SNN_NOINLINE void slopes_at(const Sparse& p, const real* margins, const index_t* columns, index_t n, const real* table,
                            index_t t, real* slopes) {
    switch (p.derivative) {
#define SNN_CASE(prefix, name, ...) \
        case prefix##name: slopes_of<__VA_ARGS__>(p.k, margins, columns, n, table, t, slopes); break;
        SNN_DERIVATIVES(SNN_CASE, NUMBER_OF_)
    }
}

// h[0..128) += the weights of the inputs that fired. Weights are packed by tiles: [tile][input][128], 0 beyond the last column.
SNN_FN void add_weights(const bits_t* word, index_t words, const real* weights, real* h) {
#if defined(__CUDACC__)
    const index_t j = threadIdx.x;
    real sum = h[j];
    for (index_t w = 0; w < words; ++w)
        for (bits_t rest = word[w]; rest; rest &= rest - 1) sum += weights[(64 * w + SNN_LOWEST(rest)) * SNN_WIDE + j];
    h[j] = sum;
#else
    for (index_t w = 0; w < words; ++w)
        for (bits_t rest = word[w]; rest; rest &= rest - 1) {
            const real* __restrict__ row = weights + (64 * w + SNN_LOWEST(rest)) * SNN_WIDE;
            SNN_LANES(j) h[j] += row[j];
        }
#endif
}

// Forward pass of one job (sample, tile). As C++ the next entry goes to `cursor`. On a GPU the first call has no lists and only
// counts the entries of each row; the second reads from `starts` where each row begins. `current` [T, samples, N], if not null,
// replaces the product of bits and weights: the caller passes it where a dense product is cheaper.
template <class Decay>
SNN_FN void sparse_forward(const Sparse& p, const bits_t* bits, const real* current, const real* weights, const real* bias,
                           const real* initial, const real* table, const index_t* starts, bits_t* spikes, byte_t* counts,
                           byte_t* index, real* value, real* extra, real* last, real* u, index_t* progress) {
    typedef typename Decay::Neuron Neuron;
    const Scan& k = p.k;
    const index_t tiles = tiles_of(p.columns), words = 2 * tiles_of(p.inputs);
    index_t cursor = 0, next = k.begin;
    SNN_JOBS(job, k) {
        const index_t b = job / tiles, tile = job % tiles, j0 = tile * SNN_WIDE, column0 = b * p.columns + j0;
        const index_t rest = p.columns - j0, lanes = rest < SNN_WIDE ? rest : SNN_WIDE;
#if !defined(__CUDACC__)
        if (cursor + k.T * lanes > p.capacity) break;
#endif
        SNN_TILE_ROW(Neuron, neuron);
        SNN_TILE_ROW(real, h);
        SNN_TILE_ROW(real, margins);
        SNN_TILE_ROW(real, more);
        SNN_TILE_ROW(real, fired);
        SNN_TILE_ROW(real, near_margins);
        SNN_TILE_ROW(real, near_slopes);
        SNN_TILE_ROW(index_t, near_columns);
        SNN_TILE_ROW(real, slopes);
        SNN_TILE_ROW(real, constant);
        SNN_EACH(j, SNN_WIDE) {
            neuron[j].load(initial + column0 + (j < lanes ? j : 0), k.M);
            slopes[j] = constant[j] = 0;
        }
        if (bias) SNN_EACH(j, lanes) constant[j] = bias[j0 + j];
        for (index_t t = 0; t < k.T; ++t) {
            const index_t row = job * k.T + t;
            SNN_SYNC;
            if (current) {
                const real* from = current + (t * p.samples + b - p.from) * p.columns + j0;
                SNN_LANES(j) h[j] = 0;
                SNN_EACH(j, lanes) h[j] = from[j];
            } else {
                SNN_LANES(j) h[j] = constant[j];
                add_weights(bits + (t * p.batch + b) * words, words, weights + tile * p.inputs * SNN_WIDE, h);
            }
            SNN_LANES(j) {
                const real u_t = neuron[j].charge(k, h[j]);
                const real theta_t = Neuron::threshold(k, neuron[j].trace());
                const real s_t = u_t >= theta_t ? real(1) : real(0);
                margins[j] = (k.after_reset != 0 ? Neuron::after(k, u_t, theta_t, s_t) : u_t) - theta_t;
                more[j] = k.c[5] != 0 ? u_t : theta_t;                       // c[5]: reset to zero, in all three
                fired[j] = s_t;
                h[j] = u_t;
                neuron[j].reset(k, u_t, theta_t, s_t);
            }
            if (u) SNN_EACH(j, lanes) u[t * k.M + column0 + j] = h[j];
            SNN_MASK(firing, j, (fired[j] != 0) & (j < lanes));
            SNN_MASK(near, j, (magnitude(margins[j]) < p.reach) & (j < lanes));
            const index_t n = SNN_COUNT(near[0]) + SNN_COUNT(near[1]);
            bits_t listed[2] = {0, 0};
            if (n) {
                SNN_EACH_SET(near, j, q) {
                    near_margins[q] = margins[j];
                    near_columns[q] = column0 + j;
                }
                SNN_SYNC;
                slopes_at(p, near_margins, near_columns, n, table, t, near_slopes);
                SNN_SYNC;
                SNN_EACH_SET(near, j, q) slopes[j] = near_slopes[q];
                SNN_SYNC;
#if defined(__CUDACC__)
                SNN_MASK(active, j, slopes[j] != 0);
                listed[0] = active[0];
                listed[1] = active[1];
#else
                SNN_EACH_SET(near, j, q) listed[j >> 6] |= bits_t(near_slopes[q] != 0) << (j & 63);
#endif
            }
            if (p.keep_spikes) {
                listed[0] |= firing[0];
                listed[1] |= firing[1];
            }
            if (index) {
#if defined(__CUDACC__)
                cursor = starts[row];
#endif
                SNN_EACH_SET(listed, j, q) {
                    index[cursor + q] = (byte_t)(j | (firing[j >> 6] >> (j & 63) & 1) << 7);
                    value[cursor + q] = slopes[j];
                    if (extra) extra[cursor + q] = more[j];
                }
            }
            SNN_SYNC;
            if (n) SNN_EACH_SET(near, j, q) slopes[j] = 0;
            const index_t count = SNN_COUNT(listed[0]) + SNN_COUNT(listed[1]);
            SNN_EACH(q, 2) spikes[(t * p.batch + b) * 2 * tiles + 2 * tile + q] = firing[q];
            SNN_EACH(q, 1) counts[row] = (byte_t)count;
            cursor += count;
        }
        SNN_EACH(j, lanes) neuron[j].store(last + column0 + j, k.M);
        next = job + 1;
    }
#if !defined(__CUDACC__)
    progress[0] = next;
    progress[1] = cursor;
#endif
}

// <w, delta> over a tile: 32 partial sums, then a tree of sums, so that every target adds in the same order.
SNN_FN real dot(const real* __restrict__ w, const real* __restrict__ delta) {
#if defined(__CUDACC__)
    const int lane = threadIdx.x & 31;
    real sum = w[lane] * delta[lane];
    for (int c = 32; c < SNN_WIDE; c += 32) sum += w[c + lane] * delta[c + lane];
    for (int half = 16; half; half >>= 1) sum += __shfl_down_sync(0xFFFFFFFFu, sum, half);
    return sum;                                        // in lane 0
#else
    real sum[32];
    SNN_FOR_LANES(l, 32) sum[l] = w[l] * delta[l];
    for (int c = 32; c < SNN_WIDE; c += 32) SNN_FOR_LANES(l, 32) sum[l] += w[c + l] * delta[c + l];
    SNN_FOR_LANES(l, 16) sum[l] += sum[l + 16];
    SNN_FOR_LANES(l, 8) sum[l] += sum[l + 8];
    SNN_FOR_LANES(l, 4) sum[l] += sum[l + 4];
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
#endif
}

// The lists of the layer below (starts, index, value), and `grad`, which receives dL/ds of its entries; null: not needed.
struct Below {
    const index_t* starts;
    const byte_t* index;
    const real* value;
    real* grad;
};

// grad[q] (+)= <W[i, tile], delta> for the entries (t, b, i) of the layer below that are active.
SNN_FN void grads_below(const Sparse& p, const Below& below, index_t b, index_t t, index_t tile, const real* weights,
                        const real* delta) {
    const index_t tiles = tiles_of(p.inputs);
    for (index_t lower = 0; lower < tiles; ++lower) {
        const index_t row = (b * tiles + lower) * p.k.T + t;
        const real* w = weights + (tile * p.inputs + lower * SNN_WIDE) * SNN_WIDE;
        SNN_EACH_WARP(q, below.starts[row], below.starts[row + 1]) {
            real sum = 0;
            if (below.value[q] != 0) sum = dot(w + (below.index[q] & 127) * SNN_WIDE, delta);
#if defined(__CUDACC__)
            if ((threadIdx.x & 31) == 0)
#endif
            below.grad[q] = tile ? below.grad[q] + sum : sum;
        }
    }
}

// dL/ds from the layer above: one number per entry, or a dense array [T, B, N]; the other pointer is null.
struct Above {
    const real* entries;
    const real* dense;
};

// One step of the neuron's adjoint at a listed entry; returns delta. `extra` holds u (reset to zero) or the threshold (other
// resets). The adjoint reads only the one that it needs, so both fields of the step get the same number.
template <class Adjoint>
SNN_FN real entry_step(const Scan& k, Adjoint& adjoint, const Above& above, index_t entry, index_t place, const byte_t* index,
                       const real* value, const real* extra) {
    Step e;
    e.grad.s = above.entries ? above.entries[entry] : above.dense[place];
    e.grad.u = 0;
    e.u = e.theta = extra ? extra[entry] : real(0);
    e.trace = 0;
    e.s = real(index[entry] >> 7);
    e.ds_du = value[entry];
    typename Adjoint::Sums unused = {};
    real multiplier;
    return adjoint.step(k, e, unused, multiplier);
}

// Backward pass of one job (a sample), from the last step to the first: delta, the effects, and the gradients of the layer
// below; also delta as an array [T, samples, N] if the caller multiplies densely.
template <class Decay>
SNN_FN void sparse_delta(const Sparse& p, const index_t* starts, const byte_t* index, const real* value, const real* extra,
                         const Above& above, const real* weights, const Below& below, real* effect, real* delta_dense,
                         real* grad_bias) {
    typedef typename Decay::Adjoint Adjoint;
    const Scan& k = p.k;
    const index_t tiles = tiles_of(p.columns);
    SNN_JOBS(b, k) for (index_t tile = 0; tile < tiles; ++tile) {
        const index_t j0 = tile * SNN_WIDE, rest = p.columns - j0, lanes = rest < SNN_WIDE ? rest : SNN_WIDE;
        SNN_TILE_ROW(Adjoint, adjoint);
        SNN_TILE_ROW(Adjoint, stepped);
        SNN_TILE_ROW(real, own);                           // delta by the adjoint's own step, by number in the list
        SNN_TILE_ROW(real, delta);
        SNN_TILE_ROW(real, sum);
        const real none[2] = {};                       // after the last step: no gradient comes from later steps
        SNN_SYNC;
        SNN_EACH(j, SNN_WIDE) {
            adjoint[j].load(none, 1);
            sum[j] = 0;
        }
        for (index_t t = k.T - 1; t >= 0; --t) {
            const index_t row = (b * tiles + tile) * k.T + t, first = starts[row], n = starts[row + 1] - first;
            const index_t grad_row = (t * p.batch + b) * p.columns + j0;
            SNN_SYNC;
            if (n == lanes && SNN_TILE > 1) {        // every column is listed: place = number, and the loops vectorise
                SNN_FOR_LANES(q, n) stepped[q] = adjoint[q];
                SNN_FOR_LANES(q, n) own[q] = entry_step(k, stepped[q], above, first + q, grad_row + q, index, value, extra);
                SNN_LANES(j) delta[j] = Decay::back(k, adjoint[j]);
                if (effect) SNN_FOR_LANES(q, n) effect[first + q] = own[q] - delta[q];
                SNN_FOR_LANES(q, n) {
                    delta[q] = own[q];
                    adjoint[q] = stepped[q];
                }
            } else {
                SNN_EACH(q, n) {
                    const index_t j = index[first + q] & 127;
                    stepped[q] = adjoint[j];
                    own[q] = entry_step(k, stepped[q], above, first + q, grad_row + j, index, value, extra);
                }
                SNN_SYNC;
                SNN_LANES(j) delta[j] = Decay::back(k, adjoint[j]);
                SNN_SYNC;
                SNN_EACH(q, n) {
                    const index_t j = index[first + q] & 127;
                    if (effect) effect[first + q] = own[q] - delta[j];
                    delta[j] = own[q];
                    adjoint[j] = stepped[q];
                }
            }
            SNN_SYNC;
            if (grad_bias) SNN_LANES(j) sum[j] += delta[j];
            if (delta_dense) SNN_EACH(j, lanes) delta_dense[(t * p.samples + b - p.from) * p.columns + j0 + j] = delta[j];
            if (below.grad) grads_below(p, below, b, t, tile, weights, delta);
        }
        if (grad_bias) SNN_EACH(j, lanes) grad_bias[b * p.columns + j0 + j] = sum[j];
    }
}

// dL/dW of one job (128 inputs). The sums [N][128] stay in cache (`scratch`) while all lists are read once; then they are
// written to grad_weights[i row_step + j column_step]. Input: bits, or a dense array [T, B, N_in] if it is not made of spikes.
template <class Decay>
SNN_FN void sparse_weights(const Sparse& p, const bits_t* bits, const real* dense, const index_t* starts, const byte_t* index,
                           const real* effect, real* scratches, real* grad_weights, index_t row_step, index_t column_step) {
    const Scan& k = p.k;
    const index_t tiles = tiles_of(p.columns), words = 2 * tiles_of(p.inputs);
    SNN_JOBS(job, k) {
        const index_t i0 = job * SNN_WIDE, rest = p.inputs - i0, lanes = rest < SNN_WIDE ? rest : SNN_WIDE;
        SNN_TILE_ROW(Decay, filter);
        SNN_TILE_ROW(real, trace);
        SNN_TILE_ROW(real, x);
#if defined(__CUDACC__)
        real* __restrict__ scratch = scratches + blockIdx.x * tiles * SNN_WIDE * SNN_WIDE;
#else
        real* __restrict__ scratch = scratches;
#endif
        for (index_t j = 0; j < tiles * SNN_WIDE; ++j) SNN_LANES(i) scratch[j * SNN_WIDE + i] = 0;
        SNN_EACH(i, SNN_WIDE) x[i] = 0;
        for (index_t b = 0; b < p.batch; ++b) {
            const Decay silent = {};
            SNN_EACH(i, SNN_WIDE) filter[i] = silent;
            for (index_t t = 0; t < k.T; ++t) {
                if (dense) SNN_EACH(i, lanes) x[i] = dense[(t * p.batch + b) * p.inputs + i0 + i];
                else {
                    const bits_t* word = bits + (t * p.batch + b) * words + 2 * job;
                    SNN_LANES(i) x[i] = real((int)(word[i >> 6] >> (i & 63) & 1));
                }
                SNN_LANES(i) trace[i] = filter[i].filter(k, x[i]);
                for (index_t tile = 0; tile < tiles; ++tile) {
                    const index_t row = (b * tiles + tile) * k.T + t;
                    for (index_t q = starts[row]; q < starts[row + 1]; ++q) {
                        real* __restrict__ sum = scratch + (tile * SNN_WIDE + (index[q] & 127)) * SNN_WIDE;
                        const real e = effect[q];
                        if (e != 0) SNN_LANES(i) sum[i] += e * trace[i];
                    }
                }
            }
        }
        for (index_t j0 = 0; j0 < p.columns; j0 += 16) {            // by blocks of 16: one cache line of either layout
            const index_t end = j0 + 16 < p.columns ? j0 + 16 : p.columns;
            SNN_EACH(i, lanes) for (index_t j = j0; j < end; ++j)
                grad_weights[(i0 + i) * row_step + j * column_step] = scratch[j * SNN_WIDE + i];
        }
    }
}

#define SNN_SPARSE(name, Decay)                                                                                        \
    SNN_EXPORT sparse_forward_##name(                                                                                  \
        SNN_BY_VALUE Sparse p, const bits_t* bits, const real* current, const real* weights, const real* bias, const real* initial, \
        const real* table, const index_t* starts, bits_t* spikes, byte_t* counts, byte_t* index, real* value,          \
        real* extra, real* last, real* u, index_t* progress) {                                                         \
        sparse_forward<Decay>(p, bits, current, weights, bias, initial, table, starts, spikes, counts, index, value,   \
                              extra, last, u, progress);                                                               \
    }                                                                                                                  \
    SNN_EXPORT sparse_delta_##name(                                                                                    \
        SNN_BY_VALUE Sparse p, const index_t* starts, const byte_t* index, const real* value, const real* extra, const real* grad,  \
        const real* grad_dense, const real* weights, const index_t* below_starts, const byte_t* below_index,           \
        const real* below_value, real* below_grad, real* effect, real* delta_dense, real* grad_bias) {                 \
        const Below below = {below_starts, below_index, below_value, below_grad};                                      \
        const Above above = {grad, grad_dense};                                                                        \
        sparse_delta<Decay>(p, starts, index, value, extra, above, weights, below, effect, delta_dense, grad_bias);    \
    }                                                                                                                  \
    SNN_EXPORT sparse_weights_##name(SNN_BY_VALUE Sparse p, const bits_t* bits, const real* dense, const index_t* starts,           \
                                     const byte_t* index, const real* effect, real* scratch, real* grad_weights,       \
                                     index_t row_step, index_t column_step) {                                          \
        sparse_weights<Decay>(p, bits, dense, starts, index, effect, scratch, grad_weights, row_step, column_step);    \
    }
SNN_SPARSE(lif, LifDecay)
SNN_SPARSE(cuba, CubaDecay)
SNN_SPARSE(alif, AlifDecay)

#include "sparse_products.cuh"
