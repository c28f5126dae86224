// What a training step in the page needs beside the scans: spike derivatives, dense products, the loss, an optimiser's step,
// counts. It is built for the browser only. Arrays are [T, N, B], the batch inside: every loop here runs along B, so four lanes
// are always full, and for the scans a column is a column (M = N B). B is a multiple of 8. + - * / on float, as in the kernels.
#include "lif.cu"
#include "alif.cu"
#include "cuba.cu"
#include "leaky.cu"
#include "normal_slopes.cuh"
#if defined(__wasm__)
#define PLAY(type) extern "C" __attribute__((visibility("default"))) type

// ds[t, n, b] = ds/du of a layer: what its adjoint gets as `given`. One small function per derivative takes the place of one
// adjoint per derivative and neuron. A neuron whose threshold adapts (ALIF) hands its trace; else it is null. Random draws are those
// of a network of the library, where sample b's neuron n is column b N + n.
template <class Derivative>
SNN_FN void all_slopes(const Scan& k, index_t B, const real* u, const real* trace, real* ds) {
    const index_t N = k.M / B;
    Scan here = k;
    here.d[4] = 0;                       // no page samples a surrogate: without the text for that
    for (index_t t = 0; t < k.T; ++t) for (index_t n = 0; n < N; ++n) SNN_FOR_BLOCKS(b, lanes, B) {
        SNN_ROW margins[SNN_BLOCK];
        const index_t row = t * k.M + n * B + b;
        __builtin_assume(lanes % 8 == 0);
        if (trace) SNN_FOR_LANES(j, lanes) margins[j] = u[row + j] - Alif::threshold(k, trace[row + j]);
        else SNN_FOR_LANES(j, lanes) margins[j] = u[row + j] - Membrane::threshold(k, 0);
        Derivative::row(here, margins, nullptr, t, Along{b * N + n, N}, lanes, ds + row);
    }
}
template <class Derivative>
SNN_FN void slopes(const Scan& k, index_t B, const real* u, const real* trace, real* ds) { all_slopes<Derivative>(k, B, u, trace, ds); }
template <>
SNN_FN void slopes<ZerothOrder<Normal>>(const Scan& k, index_t B, const real* u, const real* trace, real* ds) {
    if (k.d[1] == 1 && k.d[3] > 0) normal_slopes(k, B, u, trace, ds);
    else all_slopes<ZerothOrder<Normal>>(k, B, u, trace, ds);
}
#define PLAY_SLOPES(unused, derivative, Derivative)                                                      \
    PLAY(void) play_slopes_##derivative(Scan k, int B, const real* u, const real* trace, real* ds) {      \
        slopes<Derivative>(k, B, u, trace, ds);                                                          \
    }
SNN_DERIVATIVES(PLAY_SLOPES, )

SNN_FN float total(lanes4 a) { return (a[0] + a[2]) + (a[1] + a[3]); }

// Of in [T, inputs, B], four samples at a time, which inputs are not 0 in all four: for each step and four samples a row of
// `list`, [1 + inputs]: how many, then their numbers. Spikes are few, so products and sums go along these rows; what is left out
// would add 0, so results are those of dense ones to the last bit.
typedef unsigned short number_t;
PLAY(void) play_list(int T, int inputs, int B, const float* in, number_t* list) {
    for (int t = 0; t < T; ++t, in += inputs * B)
        for (int b = 0; b < B; b += 4, list += inputs + 1) {
            number_t* to = list + 1;
            for (int i = 0; i < inputs; ++i) {
                *to = (number_t)i;
                to += __builtin_wasm_any_true_v128(*(const bytes16*)(in + i * B + b));
            }
            list[0] = (number_t)(to - list - 1);
        }
}

// R rows of out[t, n, b] = bias m[inputs, n] + sum over i of m[i, n] in[t, i, b] for four samples; bias 0: without it
template <int R>
SNN_FN void rows(int inputs, int B, float bias, const float* in, const float* m, int stride, const number_t* list, float* out) {
    lanes4 sum[R];
    for (int r = 0; r < R; ++r) sum[r] = lanes4{} + (bias != 0 ? bias * m[inputs * stride + r] : 0);
    for (int j = 1; j <= list[0]; ++j) {
        const lanes4 x = four(in + list[j] * B);
        const float* w = m + list[j] * stride;
        for (int r = 0; r < R; ++r) sum[r] += w[r] * x;
    }
    for (int r = 0; r < R; ++r) *(lanes4*)(out + r * B) = sum[r];
}
// The same of all inputs for eight samples, where none is 0 in four of them
template <int R>
SNN_FN void dense_rows(int inputs, int B, float bias, const float* in, const float* m, int stride, float* out) {
    lanes4 low[R], high[R];
    for (int r = 0; r < R; ++r) low[r] = high[r] = lanes4{} + (bias != 0 ? bias * m[inputs * stride + r] : 0);
    for (int i = 0; i < inputs; ++i, m += stride) {
        const lanes4 x = four(in + i * B), y = four(in + i * B + 4);
        for (int r = 0; r < R; ++r) {
            low[r] += m[r] * x;
            high[r] += m[r] * y;
        }
    }
    for (int r = 0; r < R; ++r) {
        *(lanes4*)(out + r * B) = low[r];
        *(lanes4*)(out + r * B + 4) = high[r];
    }
}
// m: weights by input, m[i, n] at m[i stride + n]
PLAY(void) play_product(int T, int inputs, int outputs, int B, float bias, const float* in, const float* m, int stride,
                        const number_t* list, float* out) {
    for (int t = 0; t < T; ++t, in += inputs * B, out += outputs * B)
        for (int b = 0; b < B; b += 4, list += inputs + 1) {
            int n = 0;
            if (b % 8 == 0 && list[0] + list[inputs + 1] == 2 * inputs) {
                for (; n + 4 <= outputs; n += 4) dense_rows<4>(inputs, B, bias, in + b, m + n, stride, out + n * B + b);
                for (; n < outputs; ++n) dense_rows<1>(inputs, B, bias, in + b, m + n, stride, out + n * B + b);
                b += 4, list += inputs + 1;
                continue;
            }
            for (; n + 8 <= outputs; n += 8) rows<8>(inputs, B, bias, in + b, m + n, stride, list, out + n * B + b);
            if (n + 4 <= outputs) { rows<4>(inputs, B, bias, in + b, m + n, stride, list, out + n * B + b); n += 4; }
            for (; n < outputs; ++n) rows<1>(inputs, B, bias, in + b, m + n, stride, list, out + n * B + b);
        }
}

// R rows of sums[i, n] += in[t, i, b] g[t, n, b] lane by lane, for four samples; sums[inputs, n] += bias g[t, n, b]
template <int R>
SNN_FN void outer_rows(int inputs, int outputs, int B, float bias, const float* in, const float* g, const number_t* list, lanes4* sums) {
    lanes4 upstream[R];
    for (int r = 0; r < R; ++r) upstream[r] = four(g + r * B);
    for (int j = 1; j <= list[0]; ++j) {
        const lanes4 x = four(in + list[j] * B);
        lanes4* to = sums + list[j] * outputs;
        for (int r = 0; r < R; ++r) to[r] += x * upstream[r];
    }
    for (int r = 0; r < R; ++r) sums[inputs * outputs + r] += bias * upstream[r];
}
// dw[n, i] = sum over t, b of g[t, n, b] in[t, i, b], and dw[n, inputs] = bias sum of g[t, n, b]; sums: [inputs + 1, outputs, 4]
PLAY(void) play_outer(int T, int inputs, int outputs, int B, float bias, const float* in, const float* g, const number_t* list,
                      lanes4* sums, float* dw) {
    for (int j = 0; j < (inputs + 1) * outputs; ++j) sums[j] = lanes4{};
    for (int t = 0; t < T; ++t, in += inputs * B, g += outputs * B)
        for (int b = 0; b < B; b += 4, list += inputs + 1) {
            int n = 0;
            for (; n + 8 <= outputs; n += 8) outer_rows<8>(inputs, outputs, B, bias, in + b, g + n * B + b, list, sums + n);
            if (n + 4 <= outputs) { outer_rows<4>(inputs, outputs, B, bias, in + b, g + n * B + b, list, sums + n); n += 4; }
            for (; n < outputs; ++n) outer_rows<1>(inputs, outputs, B, bias, in + b, g + n * B + b, list, sums + n);
        }
    for (int n = 0; n < outputs; ++n)
        for (int i = 0; i <= inputs; ++i) dw[n * (inputs + 1) + i] = total(sums[i * outputs + n]);
}

// to [inputs + 1, outputs] of from [outputs, inputs + 1]: weights by input
PLAY(void) play_transpose(int outputs, int inputs, const float* from, float* to) {
    for (int n = 0; n < outputs; ++n)
        for (int i = 0; i <= inputs; ++i) to[i * outputs + n] = from[n * (inputs + 1) + i];
}

// z[c, b] = the largest (mode 0), the mean (1) or the last (2) over time of u[t, c, b]
PLAY(void) play_reduce(int T, int M, int mode, const float* u, float* z) {
    __builtin_assume(M % 8 == 0);
    for (int j = 0; j < M; ++j) z[j] = mode == 0 ? u[j] : mode == 1 ? 0 : u[(T - 1) * M + j];
    if (mode == 0) for (int t = 1; t < T; ++t) for (int j = 0; j < M; ++j) {
        const float a = u[t * M + j];
        z[j] = a > z[j] ? a : z[j];
    }
    if (mode == 1) {
        for (int t = 0; t < T; ++t) for (int j = 0; j < M; ++j) z[j] += u[t * M + j];
        for (int j = 0; j < M; ++j) z[j] /= (float)T;
    }
}

// p[c, b] = softmax(z) in place; the first `count` samples' loss and hits are added to sums[0] and sums[1].
PLAY(void) play_softmax(int C, int B, int count, float* z, const int* y, float* sums) {
    for (int b = 0; b < B; ++b) {
        int best = 0;
        for (int c = 1; c < C; ++c) if (z[c * B + b] > z[best * B + b]) best = c;
        const float top = z[best * B + b];
        float sum = 0;
        const float mine = b < count ? z[y[b] * B + b] : 0;
        for (int c = 0; c < C; ++c) sum += z[c * B + b] = exp_negative(z[c * B + b] - top);
        for (int c = 0; c < C; ++c) z[c * B + b] /= sum;
        if (b < count) {
            sums[0] += log_positive(sum) + top - mine;
            sums[1] += best == y[b] ? 1 : 0;
        }
    }
}

// gu[t, c, b] = dL/du of the mean cross entropy of `count` samples, given u and p = softmax of what play_reduce made of it.
// Steps that share the largest value share its gradient, as torch's amax does.
PLAY(void) play_loss_back(int T, int C, int B, int count, int mode, const float* u, const float* p, const int* y, float* gu) {
    const int M = C * B;
    __builtin_assume(B % 8 == 0);
    for (int c = 0; c < C; ++c) for (int b = 0; b < B; ++b) {
        const int j = c * B + b;
        const float miss = b < count ? p[j] - (y[b] == c ? 1 : 0) : 0;
        const float g = magnitude(miss) > 1e-20f ? miss / (float)count : 0;  // less would become denormal on its way: slow, and nothing
        if (mode == 0) {
            float top = u[j], ties = 0;
            for (int t = 1; t < T; ++t) top = u[t * M + j] > top ? u[t * M + j] : top;
            for (int t = 0; t < T; ++t) ties += u[t * M + j] == top ? 1 : 0;
            for (int t = 0; t < T; ++t) gu[t * M + j] = u[t * M + j] == top ? g / ties : 0;
        } else {
            for (int t = 0; t < T; ++t) gu[t * M + j] = mode == 1 ? g / (float)T : t == T - 1 ? g : 0;
        }
    }
}

PLAY(void) play_sgd(int n, float rate, float momentum, const float* g, float* m, float* w) {
    for (int i = 0; i < n; ++i) {
        m[i] = momentum * m[i] + g[i];
        w[i] -= rate * m[i];
    }
}
// Kingma & Ba 2015, epsilon 1e-8; new1 = 1 - beta1, new2 = 1 - beta2, fix1 = 1 - beta1^step, fix2 = sqrt(1 - beta2^step)
PLAY(void) play_adam(int n, float rate, float new1, float beta2, float new2, float fix1, float fix2, const float* g, float* m, float* v,
                     float* w) {
    for (int i = 0; i < n; ++i) {
        m[i] += new1 * (g[i] - m[i]);
        v[i] = beta2 * v[i] + new2 * g[i] * g[i];
        w[i] -= rate / fix1 * m[i] / (root(v[i]) / fix2 + 1e-8f);
    }
}

// Of rows of B numbers: how many of the first `count` in each are not 0
PLAY(int) play_active(int rows, int B, int count, const float* a) {
    typedef int lanes4i __attribute__((vector_size(16)));
    lanes4i sum = {};
    int rest = 0;
    const lanes4 zero = {};
    for (int r = 0; r < rows; ++r, a += B) {
        int b = 0;
        for (; b + 4 <= count; b += 4) sum += four(a + b) != zero;
        for (; b < count; ++b) rest += a[b] != 0 ? 1 : 0;
    }
    return rest - (sum[0] + sum[1] + sum[2] + sum[3]);
}
// How many of N neurons fire in none of `count` samples; s [T, N, B]
PLAY(int) play_silent(int T, int N, int B, int count, const float* s) {
    int silent = 0;
    for (int n = 0; n < N; ++n) {
        float spikes = 0;
        for (int t = 0; t < T && spikes == 0; ++t) for (int b = 0; b < count; ++b) spikes += s[(t * N + n) * B + b];
        silent += spikes == 0 ? 1 : 0;
    }
    return silent;
}
// Of s [T, M]: spikes, and the first one's step (T: none)
PLAY(void) play_response(int T, int M, const float* s, float* counts, float* first) {
    __builtin_assume(M % 8 == 0);
    for (int j = 0; j < M; ++j) { counts[j] = 0; first[j] = (float)T; }
    for (int t = T - 1; t >= 0; --t) for (int j = 0; j < M; ++j) {
        const float a = s[t * M + j];
        counts[j] += a;
        first[j] = a != 0 ? (float)t : first[j];
    }
}
#endif
