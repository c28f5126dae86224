// Products of bit-packed spikes with weights; packing, unpacking, gathering. Included by sparse_backward.cu.
#ifndef SNN_SPARSE_PRODUCTS
#define SNN_SPARSE_PRODUCTS
// The product without a neuron, for a readout: x [T, B, N] = spikes W + bias. A job is (sample, tile).
SNN_EXPORT sparse_product(SNN_BY_VALUE Sparse p, const bits_t* bits, const real* weights, const real* bias, real* x) {
    const index_t tiles = tiles_of(p.columns), words = 2 * tiles_of(p.inputs);
    SNN_JOBS(job, p.k) {
        const index_t b = job / tiles, tile = job % tiles, j0 = tile * SNN_WIDE, rest = p.columns - j0;
        const index_t lanes = rest < SNN_WIDE ? rest : SNN_WIDE;
        SNN_TILE_ROW(real, h);
        SNN_TILE_ROW(real, constant);
        SNN_LANES(j) constant[j] = 0;
        if (bias) SNN_EACH(j, lanes) constant[j] = bias[j0 + j];
        for (index_t t = 0; t < p.k.T; ++t) {
            SNN_LANES(j) h[j] = constant[j];
            add_weights(bits + (t * p.batch + b) * words, words, weights + tile * p.inputs * SNN_WIDE, h);
            SNN_EACH(j, lanes) x[(t * p.batch + b) * p.columns + j0 + j] = h[j];
        }
    }
}

// The gradients of this product, given grad = dL/dx [T, B, N]. sparse_product_below: dL/dinput at the active entries of the
// input; a job is a sample. sparse_product_weights: dL/dW[i, :] = sum of dL/dx[t, b, :] over the spikes (t, b) of input i,
// shape [N_in, N]; a job is 128 inputs.
SNN_EXPORT sparse_product_below(SNN_BY_VALUE Sparse p, const real* grad, const real* weights, const index_t* below_starts,
                                const byte_t* below_index, const real* below_value, real* below_grad) {
    const Below below = {below_starts, below_index, below_value, below_grad};
    const index_t tiles = tiles_of(p.columns);
    SNN_JOBS(b, p.k) for (index_t tile = 0; tile < tiles; ++tile) {
        const index_t j0 = tile * SNN_WIDE, rest = p.columns - j0, lanes = rest < SNN_WIDE ? rest : SNN_WIDE;
        SNN_TILE_ROW(real, delta);
        for (index_t t = 0; t < p.k.T; ++t) {
            SNN_SYNC;
            SNN_LANES(j) delta[j] = 0;
            SNN_EACH(j, lanes) delta[j] = grad[(t * p.batch + b) * p.columns + j0 + j];
            SNN_SYNC;
            grads_below(p, below, b, t, tile, weights, delta);
        }
    }
}
SNN_EXPORT sparse_product_weights(SNN_BY_VALUE Sparse p, const bits_t* bits, const real* grad, real* grad_weights) {
    const index_t words = 2 * tiles_of(p.inputs);
    SNN_JOBS(job, p.k) for (index_t t = 0; t < p.k.T; ++t) for (index_t b = 0; b < p.batch; ++b) {
        const real* __restrict__ delta = grad + (t * p.batch + b) * p.columns;
        for (index_t w = 2 * job; w < 2 * job + 2; ++w)
            for (bits_t rest = bits[(t * p.batch + b) * words + w]; rest; rest &= rest - 1) {
                real* __restrict__ sum = grad_weights + (64 * w + SNN_LOWEST(rest)) * p.columns;
                SNN_EACH(j, p.columns) sum[j] += delta[j];
            }
    }
}

// sparse_pack: real [T, B, N] to bits, others[t] = 1 if step t has numbers other than 0 and 1; sparse_unpack: bits to real [T, samples, N]; a job is a step. sparse_gather: the values of
// the listed entries, read from a dense array [T, samples, N]; a job is (sample, tile).
SNN_EXPORT sparse_pack(SNN_BY_VALUE Sparse p, const real* s, bits_t* bits, byte_t* others) {
    const index_t tiles = tiles_of(p.columns);
    SNN_JOBS(t, p.k) for (index_t b = 0; b < p.batch; ++b) for (index_t tile = 0; tile < tiles; ++tile) {
        const index_t rest = p.columns - tile * SNN_WIDE, lanes = rest < SNN_WIDE ? rest : SNN_WIDE;
        const real* from = s + (t * p.batch + b) * p.columns + tile * SNN_WIDE;
        bits_t* to = bits + ((t * p.batch + b) * tiles + tile) * 2;
#if defined(__CUDACC__)
        SNN_MASK(firing, j, j < lanes && from[j < lanes ? j : 0] != 0);
        SNN_MASK(odd, j, j < lanes && from[j < lanes ? j : 0] != 0 && from[j < lanes ? j : 0] != 1);
        SNN_EACH(q, 2) to[q] = firing[q];
        if (odd[0] | odd[1]) SNN_EACH(q, 1) others[t] = 1;
        SNN_SYNC;
#else
        if (!spikes_of_row(from, lanes, to)) others[t] = 1;
#endif
    }
}
SNN_EXPORT sparse_unpack(SNN_BY_VALUE Sparse p, const bits_t* bits, real* s) {
    const index_t words = 2 * tiles_of(p.columns);
    SNN_JOBS(t, p.k) for (index_t b = 0; b < p.samples; ++b) {
        const bits_t* word = bits + (t * p.batch + p.from + b) * words;
        real* __restrict__ to = s + (t * p.samples + b) * p.columns;
        for (index_t w = 0; 64 * w < p.columns; ++w) {
            const index_t rest = p.columns - 64 * w, lanes = rest < 64 ? rest : 64;
            const bits_t bits_w = word[w];
            SNN_EACH(j, lanes) to[64 * w + j] = real((int)(bits_w >> j & 1));
        }
    }
}
SNN_EXPORT sparse_gather(SNN_BY_VALUE Sparse p, const index_t* starts, const byte_t* index, const real* dense, real* values) {
    const index_t tiles = tiles_of(p.columns);
    SNN_JOBS(job, p.k) for (index_t t = 0; t < p.k.T; ++t) {
        const index_t b = job / tiles, tile = job % tiles, first = starts[job * p.k.T + t];
        const index_t n = starts[job * p.k.T + t + 1] - first, rest = p.columns - tile * SNN_WIDE;
        const real* __restrict__ row = dense + (t * p.samples + b - p.from) * p.columns + tile * SNN_WIDE;
        real* __restrict__ to = values + first;
        if (n == (rest < SNN_WIDE ? rest : SNN_WIDE)) SNN_EACH(q, n) to[q] = row[q];
        else SNN_EACH(q, n) to[q] = row[index[first + q] & 127];
    }
}
#endif
