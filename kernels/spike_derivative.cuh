// What stands in for the derivative of the step, as functors that fill one row of slopes ds/du from a row of margins
// m = u - theta. The torch twins are in snnviz/surrogates.py and snnviz/zeroth_order.py, which also say what d[0..3] is.
// The same for all: d[4] = gate (0: none), d[5] = window (beyond it the derivative is 0; infinite: none), d[6] = gain.
#ifndef SNN_SPIKE_DERIVATIVE
#define SNN_SPIKE_DERIVATIVE
#include "philox.cuh"

SNN_FN real magnitude(real a) { return a < 0 ? -a : a; }

// exp(x) for x <= 0 from + - * alone, so that it vectorises, needs no library, and gives the same bits on every target.
// Range reduction by ln 2 in two parts, then a polynomial (S. Moshier, Cephes, expf: below 2 units in the last place).
SNN_FN float exp_negative(float x) {
    const float y = x > -87.0f ? x : -87.0f;
    const float n = (float)(int)(y * 1.44269504f - 0.5f);        // rounds to nearest for y <= 0
    const float r = (y - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    const float e = (p * r * r + r + 1.0f) * from_bits((unsigned)((int)n + 127) << 23);
    return x > -87.0f ? e : 0.0f;
}
#if defined(__CUDACC__)
SNN_FN double exp_negative(double x) { return exp(x); }
#elif !defined(__wasm__)
SNN_FN double exp_negative(double x) { return __builtin_exp(x); }
#endif

// A surrogate is a function of abs(m): every one of ours is even. With a gate it is sampled: kept with probability
// min(1, gate g), as g over that probability, else 0. Same mean, fewer active neurons, less variance than LocalZO.
template <class Shape>
struct Surrogate {
    template <class Where>
    SNN_FN static void row(const Scan& k, const real* margins, const real*, index_t t, Where where, index_t lanes, real* slopes) {
        // In variables of its own and on both sides of the comparison: else the compiler gathers them for each vector anew.
        const real d[4] = {k.d[0], k.d[1], k.d[2], k.d[3]}, window = k.d[5], gain = k.d[6];
        SNN_FOR_LANES(j, lanes) {
            const real m = magnitude(margins[j]), value = gain * Shape::at(d, m);
            slopes[j] = m < window ? value : real(0);
        }
        if (k.d[4] == 0) return;
        unsigned words[SNN_BLOCK];
        draw_words<1>(k, t, where, 0, lanes, words, words, words, words);
        SNN_FOR_LANES(j, lanes) {
            const real p = k.d[4] * slopes[j];
            const real sampled = uniform(words[j]) < p ? real(1) / k.d[4] : real(0);
            slopes[j] = p < 1 ? sampled : slopes[j];
        }
    }
};
#define SNN_SURROGATE(Name, ...) struct Name { SNN_FN static real at(const real* d, real m) { __VA_ARGS__ } };
SNN_SURROGATE(FastSigmoid, const real a = 1 + d[0] * m; return 1 / (a * a);)
SNN_SURROGATE(Sigmoid, const real e = exp_negative(-d[0] * m); return d[0] * e / ((1 + e) * (1 + e));)
SNN_SURROGATE(Arctan, const real a = d[0] * m; return d[1] / (1 + a * a);)
SNN_SURROGATE(Triangle, return m < d[0] ? (1 - m / d[0]) / d[0] : real(0);)
SNN_SURROGATE(Boxcar, return m < d[0] ? d[1] : real(0);)
SNN_SURROGATE(Gaussian, const real a = m / d[0]; return d[1] * exp_negative(real(-0.5) * a * a);)
SNN_SURROGATE(MultiGaussian,
    const real a = m / d[0]; const real left = (m - d[0]) / d[2]; const real right = (m + d[0]) / d[2];
    return d[1] * exp_negative(real(-0.5) * a * a)
         - d[3] * (exp_negative(real(-0.5) * left * left) + exp_negative(real(-0.5) * right * right));)
SNN_SURROGATE(SingleExponential, return d[1] * exp_negative(-m / d[0]);)
SNN_SURROGATE(Dspike, const real e = exp_negative(real(-2) * d[0] * m); return m <= 1 ? d[1] * 4 * e / ((1 + e) * (1 + e)) : real(0);)

// Any other: the values themselves, [T, M].
struct Given {
    template <class Where>
    SNN_FN static void row(const Scan& k, const real*, const real* given, index_t t, Where where, index_t lanes, real* slopes) {
        SNN_FOR_LANES(j, lanes) slopes[j] = given[t * k.M + (index_t)where.at(j)];
    }
};

#define SNN_LAW(Name, ...) struct Name { SNN_FN static real quantile(float p, const real* table) { __VA_ARGS__ } };
SNN_LAW(Normal, return half_normal(p);)
SNN_LAW(Uniform, return 1.7320508f * (1.0f - p);)
SNN_LAW(Laplace, return log_positive(p) * -0.70710678f;)
SNN_LAW(Rademacher, return 1;)
// Any law: its quantiles where the bits of p are 0x3F000000 - 65536 i, and from table[2946] on where those of 1 - p are, so
// 128 to an octave on both sides (a law may vanish at 0 like a root, and abs(z)^-1 feels it); straight lines between.
SNN_LAW(Tabled,
    const float q = 1.0f - p;
    const unsigned below = 0x3F000000u - bits_of(p < q ? p : q);
    const unsigned i = (below >> 16) + (p < q ? 0u : 2946u);
    const real share = (real)(int)(below & 0xFFFFu) * real(1.52587890625e-5);
    const real a = table[i];
    return a + share * (table[i + 1] - a);)

// z[j] = the law's quantile of word j. Of the normal law few draws lie in the tail, which costs a root and a polynomial more: a row
// is computed without, and those few alone again.
template <class Law>
SNN_FN void quantiles(const unsigned* words, const real* table, index_t lanes, real* z) {
    SNN_FOR_LANES(j, lanes) z[j] = Law::quantile(uniform(words[j]), table);
}
#if !defined(__CUDACC__)
template <>
SNN_FN void quantiles<Normal>(const unsigned* words, const real*, index_t lanes, real* z) {
    SNN_ROW w[SNN_BLOCK];
    int tails = 0;
    _Pragma("omp simd reduction(+ : tails)") for (index_t j = 0; j < lanes; ++j) {
        const float p = uniform(words[j]);
        w[j] = normal_w(p);
        z[j] = normal_of(normal_middle(w[j]), p);
        tails += w[j] < 5.0f ? 0 : 1;
    }
    if (tails) SNN_FOR_LANES(j, lanes) z[j] = w[j] < 5.0f ? z[j] : normal_of(normal_tail(w[j]), uniform(words[j]));
}
#endif

// LocalZO (Mukhoty et al. 2023): the mean over d[1] draws of abs(z)^alpha where abs(m) < abs(z) delta, else 0, times
// d[2] = c / (2 delta draws). d[0] = delta, d[3] = alpha, one of 1, 0, -1. A law turns p = P(abs(z) > value) into abs(z).
template <class Law>
struct ZerothOrder {
    template <class Where>
    SNN_FN static void row(const Scan& k, const real* margins, const real* table, index_t t, Where where, index_t lanes,
                           real* slopes) {
        unsigned w0[SNN_BLOCK], w1[SNN_BLOCK], w2[SNN_BLOCK], w3[SNN_BLOCK], words[SNN_BLOCK];
        SNN_ROW z[SNN_BLOCK];
#if !defined(__CUDACC__)
        if (k.d[1] == 1 && k.d[3] > 0) {  // the usual case, in one loop
            draw_words<1>(k, t, where, 0, lanes, words, words, words, words);
            quantiles<Law>(words, table, lanes, z);
            const real delta = k.d[0], scale = k.d[2], window = k.d[5], gain = k.d[6];
            SNN_FOR_LANES(j, lanes) {
                const real m = magnitude(margins[j]), value = gain * (z[j] * scale);
                slopes[j] = (m < z[j] * delta) & (m < window) ? value : real(0);
            }
            return;
        }
#endif
        SNN_FOR_LANES(j, lanes) slopes[j] = 0;
        for (int draw = 0; draw < (int)k.d[1]; ++draw) {
            if ((draw & 3) == 0) draw_words<4>(k, t, where, draw >> 2, lanes, w0, w1, w2, w3);
            SNN_FOR_LANES(j, lanes) words[j] = draw & 2 ? (draw & 1 ? w3[j] : w2[j]) : (draw & 1 ? w1[j] : w0[j]);
            quantiles<Law>(words, table, lanes, z);
            SNN_FOR_LANES(j, lanes) {
                const real value = k.d[3] == 0 ? real(1) : k.d[3] > 0 ? z[j] : 1 / z[j];
                slopes[j] += magnitude(margins[j]) < z[j] * k.d[0] ? value : real(0);
            }
        }
        SNN_FOR_LANES(j, lanes) slopes[j] = magnitude(margins[j]) < k.d[5] ? k.d[6] * (slopes[j] * k.d[2]) : real(0);
    }
};
// Every derivative but Given, once: the name that Python calls it by (`kernel` of a surrogate or a law) and its functor. The
// neurons' dense kernels and the sparse pass expand this list; snnviz/backends/source.py reads the names from it. X gets
// what stands behind it, then name and functor.
#define SNN_DERIVATIVES(X, ...)                                      \
    X(__VA_ARGS__, fast_sigmoid, Surrogate<FastSigmoid>)             \
    X(__VA_ARGS__, sigmoid, Surrogate<Sigmoid>)                      \
    X(__VA_ARGS__, arctan, Surrogate<Arctan>)                        \
    X(__VA_ARGS__, triangle, Surrogate<Triangle>)                    \
    X(__VA_ARGS__, boxcar, Surrogate<Boxcar>)                        \
    X(__VA_ARGS__, gaussian, Surrogate<Gaussian>)                    \
    X(__VA_ARGS__, multi_gaussian, Surrogate<MultiGaussian>)         \
    X(__VA_ARGS__, single_exponential, Surrogate<SingleExponential>) \
    X(__VA_ARGS__, dspike, Surrogate<Dspike>)                        \
    X(__VA_ARGS__, zo_normal, ZerothOrder<Normal>)                   \
    X(__VA_ARGS__, zo_uniform, ZerothOrder<Uniform>)                 \
    X(__VA_ARGS__, zo_laplace, ZerothOrder<Laplace>)                 \
    X(__VA_ARGS__, zo_rademacher, ZerothOrder<Rademacher>)           \
    X(__VA_ARGS__, zo_tabled, ZerothOrder<Tabled>)

#define SNN_NEURON(name, Neuron, Adjoint)          \
    SNN_FORWARD(name, Neuron)                      \
    SNN_DERIVATIVES(SNN_BACKWARD, name, Adjoint)   \
    SNN_BACKWARD(name, Adjoint, given, Given)
#endif
