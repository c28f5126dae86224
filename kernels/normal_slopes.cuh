// LocalZO with one draw of the normal law, the usual case, for the browser alone: the same numbers as ZerothOrder<Normal>::row, bit for
// bit, from less work. Arrays are those of playground.cu, [T, N, B], B a multiple of 8.
//
// 1. Of Philox's twenty products two and a half are the same at every step, and two are the same for every column.
// 2. Where eight margins are beyond the largest draw that there is, nothing is drawn.
// 3. P(abs(z) > v) <= exp(-0.37 v^2 - 0.77 v) up to the largest draw, and log2 p >= (bits of p) / 2^23 - 127. So z delta < abs(m)
//    where 0.74 m^2 + 1.54 delta abs(m) is above what follows for z = abs(m) / delta. What is not above it, hardly more than the
//    neurons that get a slope, is listed, and of the list alone words become normal draws.
#ifndef SNN_NORMAL_SLOPES
#define SNN_NORMAL_SLOPES
#include "spike_derivative.cuh"
#if defined(__wasm__)
typedef float lanes4 __attribute__((vector_size(16), aligned(4)));
typedef int whole4 __attribute__((vector_size(16)));
typedef signed char bytes16 __attribute__((vector_size(16), aligned(1)));
SNN_FN lanes4 four(const float* p) { return *(const lanes4*)p; }

// The first word of each of eight columns, step by step
struct ColumnWords {
    static_assert(Columns::count == 8, "two registers");
    Columns x1, x2, x3, x4;
    template <class Where>
    SNN_FN void load(const Scan& k, Where where) {
        const Columns::Factor even = Columns::factor(0xD2511F53u), odd = Columns::factor(0xCD9E8D57u);
        Columns a, a_low, b, b_low;
        Columns::of(where, 0).times(even, a, a_low);
        x1 = a_low ^ Columns::all(k.layer + 0xBB67AE85u);
        (a ^ Columns::all(k.layer)).times(odd, b, b_low);
        x2 = b_low ^ Columns::all(k.seed + 2 * 0x9E3779B9u);
        (b ^ Columns::all(k.seed + 0x9E3779B9u)).times(even, a, a_low);
        x3 = a ^ Columns::all(k.layer + 2 * 0xBB67AE85u);
        x4 = a_low;
    }
    SNN_FN Columns at(const Scan& k, index_t t) const {
        const Columns::Factor even = Columns::factor(0xD2511F53u), odd = Columns::factor(0xCD9E8D57u);
        const unsigned long long step = 0xD2511F53ull * ((unsigned)(k.first + t) ^ k.seed);
        Columns b, b_low;
        (x1 ^ Columns::all((unsigned)(step >> 32))).times(odd, b, b_low);
        Columns c0 = b ^ x2, c1 = b_low, c2 = x3 ^ Columns::all((unsigned)step), c3 = x4;
        rounds<3>(k, even, odd, c0, c1, c2, c3);
        return c0;
    }
};

// By a mask of four lanes: the bytes that bring those lanes to the front, in their order
#define SNN_LANE(a) 4 * a, 4 * a + 1, 4 * a + 2, 4 * a + 3
#define SNN_FRONT(a, b, c) {SNN_LANE(a), SNN_LANE(b), SNN_LANE(c), SNN_LANE(3)}
alignas(16) static const signed char FRONT[16][16] = {
    SNN_FRONT(0, 0, 0), SNN_FRONT(0, 0, 0), SNN_FRONT(1, 0, 0), SNN_FRONT(0, 1, 0), SNN_FRONT(2, 0, 0), SNN_FRONT(0, 2, 0),
    SNN_FRONT(1, 2, 0), SNN_FRONT(0, 1, 2), SNN_FRONT(3, 0, 0), SNN_FRONT(0, 3, 0), SNN_FRONT(1, 3, 0), SNN_FRONT(0, 1, 3),
    SNN_FRONT(2, 3, 0), SNN_FRONT(0, 2, 3), SNN_FRONT(1, 2, 3), SNN_FRONT(0, 1, 2),
};

// abs(m) of four neurons
SNN_FN lanes4 margins_of(const Scan& k, const real* u, const real* trace, index_t at) {
    lanes4 theta = lanes4{} + Membrane::threshold(k, 0);
    if (trace) for (int j = 0; j < 4; ++j) theta[j] = Alif::threshold(k, trace[at + j]);
    return (lanes4)((whole4)(four(u + at) - theta) & 0x7FFFFFFF);
}

// Of the listed places of ds, where their words stand, the slopes.
__attribute__((noinline)) void of_words(const Scan& k, const real* u, const real* trace, const int* places, index_t count, real* ds) {
    SNN_ROW margins[SNN_BLOCK], z[SNN_BLOCK];
    alignas(64) unsigned words[SNN_BLOCK];
    for (index_t j = 0; j < count; ++j) {
        const int at = places[j];
        words[j] = bits_of(ds[at]);
        margins[j] = magnitude(u[at] - (trace ? Alif::threshold(k, trace[at]) : Membrane::threshold(k, 0)));
    }
    const index_t lanes = (count + 3) & ~3;
    __builtin_assume(lanes % 4 == 0);
    for (index_t j = count; j < lanes; ++j) words[j] = 0x80000000u, margins[j] = 0;
    quantiles<Normal>(words, nullptr, lanes, z);
    SNN_FOR_LANES(j, lanes) z[j] = (margins[j] < z[j] * k.d[0]) & (margins[j] < k.d[5]) ? k.d[6] * (z[j] * k.d[2]) : real(0);
    for (index_t j = 0; j < count; ++j) ds[places[j]] = z[j];
}

SNN_FN void normal_slopes(const Scan& k, index_t B, const real* u, const real* trace, real* ds) {
    const index_t N = k.M / B;
    const float delta = k.d[0], reach = 1.001f * (Normal::quantile(uniform(0u), nullptr) * delta);
    const float bit = 1.6527e-7f * delta * delta;       // 2 ln 2 / 2^23; this and the next line give a little more, for rounding
    const float most = 1258291200.0f * bit + 1e-4f * delta * delta;  // of p = 1: 2^23 p has the bits 150 2^23
    const whole4 along = {0, 1, 2, 3};
    alignas(16) int places[SNN_BLOCK];
    index_t count = 0;
    ColumnWords columns[SNN_BLOCK / 8];
    for (index_t n = 0; n < N; ++n) SNN_FOR_BLOCKS(b0, lanes, B) {
        for (index_t j = 0; j < lanes; j += 8) columns[j / 8].load(k, Along{(b0 + j) * N + n, N});
        for (index_t t = 0; t < k.T; ++t) for (index_t j = 0; j < lanes; j += 8) {
            const index_t row = t * k.M + n * B + b0 + j;
            const lanes4 m[2] = {margins_of(k, u, trace, row), margins_of(k, u, trace, row + 4)};
            if (!__builtin_wasm_any_true_v128((bytes16)((m[0] < reach) | (m[1] < reach)))) {
                *(lanes4*)(ds + row) = *(lanes4*)(ds + row + 4) = lanes4{};
                continue;
            }
            const Columns drawn = columns[j / 8].at(k, t);
            const whole4 word[2] = {(whole4)drawn.one, (whole4)drawn.other};
            if (count > SNN_BLOCK - 8) of_words(k, u, trace, places, count, ds), count = 0;
            SNN_UNROLL
            for (int half = 0; half < 2; ++half) {
                const lanes4 x = __builtin_convertvector((whole4)((Columns::Four)word[half] >> 9), lanes4) + 0.5f;  // 2^23 p
                const whole4 may = m[half] * (0.74f * m[half] + 1.54f * delta) <= most - __builtin_convertvector((whole4)x, lanes4) * bit;
                *(lanes4*)(ds + row + 4 * half) = (lanes4)(word[half] & may);
                const int mask = __builtin_wasm_bitmask_i32x4(may);
                const bytes16 listed = __builtin_wasm_swizzle_i8x16((bytes16)(along + (int)(row + 4 * half)), *(const bytes16*)FRONT[mask]);
                __builtin_memcpy(places + count, &listed, 16);
                count += __builtin_popcount(mask);
            }
        }
    }
    of_words(k, u, trace, places, count, ds);
}
#endif
#endif
