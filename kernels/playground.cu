// What a training step in the page needs beside the scans: spike derivatives, dense products, the loss, an optimiser's step,
// counts. It is built for the browser only. Arrays are [T, N, B], the batch inside: every loop here runs along B, so four lanes
// are always full, and for the scans a column is a column (M = N B). B is a multiple of 8. + - * / on float, as in the kernels.
#include "lif.cu"
#include "alif.cu"
#include "cuba.cu"
#include "leaky.cu"
#if defined(__wasm__)
#define PLAY(type) extern "C" __attribute__((visibility("default"))) type

// ds[t, n, b] = ds/du of a layer: what its adjoint gets as `given`. One small function per derivative takes the place of one
// adjoint per derivative and neuron. A neuron whose threshold adapts (ALIF) hands its trace; else it is null. Random draws are those
// of a network of the library, where sample b's neuron n is column b N + n.
template <class Derivative>
SNN_FN void slopes(const Scan& k, index_t B, const real* u, const real* trace, real* ds) {
    const index_t N = k.M / B;
    for (index_t t = 0; t < k.T; ++t) for (index_t n = 0; n < N; ++n) SNN_FOR_BLOCKS(b, lanes, B) {
        SNN_ROW margins[SNN_BLOCK];
        const index_t row = t * k.M + n * B + b;
        if (trace) SNN_FOR_LANES(j, lanes) margins[j] = u[row + j] - Alif::threshold(k, trace[row + j]);
        else SNN_FOR_LANES(j, lanes) margins[j] = u[row + j] - Membrane::threshold(k, 0);
        Derivative::row(k, margins, nullptr, t, Along{b * N + n, N}, lanes, ds + row);
    }
}
#define PLAY_SLOPES(unused, derivative, Derivative)                                                      \
    PLAY(void) play_slopes_##derivative(Scan k, int B, const real* u, const real* trace, real* ds) {      \
        slopes<Derivative>(k, B, u, trace, ds);                                                          \
    }
SNN_DERIVATIVES(PLAY_SLOPES, )

typedef float lanes4 __attribute__((vector_size(16), aligned(4)));
SNN_FN lanes4 four(const float* p) { return *(const lanes4*)p; }
SNN_FN float total(lanes4 a) { return (a[0] + a[2]) + (a[1] + a[3]); }

// R rows of out[t, n, b] = bias w[n, inputs] + sum over i of w[n, i] in[t, i, b], eight samples at once: the last column
// weighs a constant input `bias`; 0: there is none
template <int R>
SNN_FN void rows(int inputs, int B, float bias, const float* in, const float* w, float* out) {
    const int stride = inputs + (bias != 0);
    for (int b = 0; b < B; b += 8) {
        lanes4 low[R], high[R];
        for (int r = 0; r < R; ++r) low[r] = high[r] = lanes4{} + (bias != 0 ? bias * w[r * stride + inputs] : 0);
        for (int i = 0; i < inputs; ++i) {
            const lanes4 x = four(in + i * B + b), y = four(in + i * B + b + 4);
            for (int r = 0; r < R; ++r) {
                low[r] += w[r * stride + i] * x;
                high[r] += w[r * stride + i] * y;
            }
        }
        for (int r = 0; r < R; ++r) {
            *(lanes4*)(out + r * B + b) = low[r];
            *(lanes4*)(out + r * B + b + 4) = high[r];
        }
    }
}
PLAY(void) play_product(int T, int inputs, int outputs, int B, float bias, const float* in, const float* w, float* out) {
    const int stride = inputs + (bias != 0);
    for (int t = 0; t < T; ++t, in += inputs * B, out += outputs * B) {
        int n = 0;
        for (; n + 4 <= outputs; n += 4) rows<4>(inputs, B, bias, in, w + n * stride, out + n * B);
        for (; n < outputs; ++n) rows<1>(inputs, B, bias, in, w + n * stride, out + n * B);
    }
}

// R rows of dw[n, i] = sum over t, b of g[t, n, b] in[t, i, b], and of dw[n, inputs] = bias sum of g[t, n, b]
template <int R>
SNN_FN void outer_rows(int T, int inputs, int outputs, int B, float bias, const float* in, const float* g, float* dw) {
    for (int i = 0; i <= inputs; ++i) {
        lanes4 sum[R] = {};
        for (int t = 0; t < T; ++t)
            for (int b = 0; b < B; b += 4) {
                const lanes4 x = i < inputs ? four(in + (t * inputs + i) * B + b) : lanes4{} + bias;
                for (int r = 0; r < R; ++r) sum[r] += x * four(g + (t * outputs + r) * B + b);
            }
        for (int r = 0; r < R; ++r) dw[r * (inputs + 1) + i] = total(sum[r]);
    }
}
PLAY(void) play_outer(int T, int inputs, int outputs, int B, float bias, const float* in, const float* g, float* dw) {
    int n = 0;
    for (; n + 4 <= outputs; n += 4) outer_rows<4>(T, inputs, outputs, B, bias, in, g + n * B, dw + n * (inputs + 1));
    for (; n < outputs; ++n) outer_rows<1>(T, inputs, outputs, B, bias, in, g + n * B, dw + n * (inputs + 1));
}

// to [inputs, outputs] of from [outputs, inputs + 1]: without the biases, for the way back
PLAY(void) play_transpose(int outputs, int inputs, const float* from, float* to) {
    for (int n = 0; n < outputs; ++n)
        for (int i = 0; i < inputs; ++i) to[i * outputs + n] = from[n * (inputs + 1) + i];
}

// z[c, b] = the largest (mode 0), the mean (1) or the last (2) over time of u[t, c, b]
PLAY(void) play_reduce(int T, int M, int mode, const float* u, float* z) {
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
    for (int c = 0; c < C; ++c) for (int b = 0; b < B; ++b) {
        const int j = c * B + b;
        const float g = b < count ? (p[j] - (y[b] == c ? 1 : 0)) / (float)count : 0;
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
    for (int j = 0; j < M; ++j) { counts[j] = 0; first[j] = (float)T; }
    for (int t = T - 1; t >= 0; --t) for (int j = 0; j < M; ++j) {
        const float a = s[t * M + j];
        counts[j] += a;
        first[j] = a != 0 ? (float)t : first[j];
    }
}
#endif
