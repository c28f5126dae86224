// Counter-based random numbers: Philox 4x32 with 10 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as
// 1, 2, 3"). Key = (seed, layer), counter = (column, step, block of four draws, 0): the same draw on every backend,
// nothing stored. The torch twin is snnviz/draws.py.
#ifndef SNN_PHILOX
#define SNN_PHILOX

#if defined(__CUDACC__)
// The columns of a row that are drawn together: on a GPU a thread has one.
#define SNN_APART SNN_FN
struct Columns {
    static const int count = 1;
    typedef unsigned Factor;
    SNN_FN static Factor factor(unsigned x) { return x; }
    unsigned word;
    template <class Where> SNN_FN static Columns of(Where where, index_t j) { const Columns c = {where.at(j)}; return c; }
    SNN_FN static Columns all(unsigned word) { const Columns c = {word}; return c; }
    SNN_FN Columns operator^(Columns other) const { const Columns c = {word ^ other.word}; return c; }
    SNN_FN void times(Factor factor, Columns& high, Columns& low) const {
        const unsigned long long product = (unsigned long long)factor * word;
        high.word = (unsigned)(product >> 32);
        low.word = (unsigned)product;
    }
    SNN_FN void store(unsigned* to) const { to[0] = word; }
};
#elif defined(__wasm__)
#define SNN_APART static __attribute__((noinline))
// Eight columns in two registers. A product of 32 x 32 -> 64 bits is one instruction where the compiler sees both extensions beside
// it; `beside` keeps it from moving that of the factor out of the loop.
struct Columns {
    static const int count = 8;
    typedef unsigned Four __attribute__((vector_size(16)));
    typedef unsigned long long Two __attribute__((vector_size(16)));
    typedef Four Factor;
    Four one, other;
    SNN_FN static Four fill(unsigned x) { const Four f = {x, x, x, x}; return f; }
    template <class Where> SNN_FN static Columns of(Where where, index_t j) {
        const Columns c = {{where.at(j), where.at(j + 1), where.at(j + 2), where.at(j + 3)},
                           {where.at(j + 4), where.at(j + 5), where.at(j + 6), where.at(j + 7)}};
        return c;
    }
    SNN_FN static Columns all(unsigned word) { const Columns c = {fill(word), fill(word)}; return c; }
    SNN_FN Columns operator^(Columns c) const { const Columns out = {one ^ c.one, other ^ c.other}; return out; }
    SNN_FN static Factor factor(unsigned x) { Four f = fill(x); __asm__ volatile("" : "+r"(f)); return f; }
    SNN_FN static void product(Four x, Four f, Four& high, Four& low) {
        const Two a = __builtin_convertvector(__builtin_shufflevector(x, x, 0, 1), Two) * __builtin_convertvector(__builtin_shufflevector(f, f, 0, 1), Two);
        const Two b = __builtin_convertvector(__builtin_shufflevector(x, x, 2, 3), Two) * __builtin_convertvector(__builtin_shufflevector(f, f, 2, 3), Two);
        high = __builtin_shufflevector((Four)a, (Four)b, 1, 3, 5, 7);
        low = __builtin_shufflevector((Four)a, (Four)b, 0, 2, 4, 6);
    }
    SNN_FN void times(Factor f, Columns& high, Columns& low) const {
        Four h, l;
        product(one, f, h, l); high.one = h; low.one = l;
        product(other, f, h, l); high.other = h; low.other = l;
    }
    SNN_FN void store(unsigned* to) const { __builtin_memcpy(to, &one, 16); __builtin_memcpy(to + 4, &other, 16); }
};
#else
#define SNN_APART static __attribute__((noinline))
// Sixteen columns: the even ones and the odd ones, each in the low half of a 64-bit lane. What stands in the high half is whatever a
// product left there: `times` and `store` ignore it.
struct Columns {
    static const int count = 16;
    typedef unsigned long long Eight __attribute__((vector_size(64)));
    typedef unsigned long long Factor;
    SNN_FN static Factor factor(unsigned x) { return x; }
    Eight even, odd;
    template <class Where> SNN_FN static Columns of(Where where, index_t j) {
        Columns c;
        for (index_t i = 0; i < 8; ++i) {
            c.even[i] = where.at(j + 2 * i);
            c.odd[i] = where.at(j + 2 * i + 1);
        }
        return c;
    }
    SNN_FN static Columns all(unsigned word) { const Columns c = {Eight{} + word, Eight{} + word}; return c; }
    SNN_FN Columns operator^(Columns c) const { const Columns out = {even ^ c.even, odd ^ c.odd}; return out; }
    SNN_FN void times(Factor factor, Columns& high, Columns& low) const {
        low.even = (even & 0xFFFFFFFFull) * factor;
        low.odd = (odd & 0xFFFFFFFFull) * factor;
        high.even = low.even >> 32;
        high.odd = low.odd >> 32;
    }
    SNN_FN void store(unsigned* to) const { const Eight both = (even & 0xFFFFFFFFull) | (odd << 32); __builtin_memcpy(to, &both, 64); }
};
#endif

// The rounds from number Begin on, of the four words of each column
template <int Begin>
SNN_FN void rounds(const Scan& k, Columns::Factor even, Columns::Factor odd, Columns& c0, Columns& c1, Columns& c2, Columns& c3) {
    unsigned key0 = k.seed + Begin * 0x9E3779B9u, key1 = k.layer + Begin * 0xBB67AE85u;
    SNN_UNROLL
    for (int round = Begin; round < 10; ++round) {
        Columns a, a_low, b, b_low;
        c0.times(even, a, a_low);
        c2.times(odd, b, b_low);
        c0 = b ^ c1 ^ Columns::all(key0);
        c1 = b_low;
        c2 = a ^ c3 ^ Columns::all(key1);
        c3 = a_low;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

// w0[j] ... w3[j] = draws 4 block ... 4 block + 3 of the column number j of a row at step t: one Philox gives four, of which `Draws`
// are stored. Rows are filled up to a multiple of Columns::count, so they are whole blocks.
template <int Draws, class Where>
SNN_APART void draw_words(const Scan& k, index_t t, Where where, int block, index_t lanes, unsigned* w0, unsigned* w1, unsigned* w2,
                          unsigned* w3) {
    for (index_t j = 0; j < lanes; j += Columns::count) {
        const Columns::Factor even = Columns::factor(0xD2511F53u), odd = Columns::factor(0xCD9E8D57u);
        Columns c0 = Columns::of(where, j), c1 = Columns::all((unsigned)(k.first + t));
        Columns c2 = Columns::all((unsigned)block), c3 = Columns::all(0u);
        rounds<0>(k, even, odd, c0, c1, c2, c3);
        c0.store(w0 + j);
        if (Draws > 1) c1.store(w1 + j);
        if (Draws > 2) c2.store(w2 + j);
        if (Draws > 3) c3.store(w3 + j);
    }
}

// A float32 in (0, 1): the middle of one of 2^23 equal cells, so that neither 0 nor 1 comes up and every value is exact.
SNN_FN float uniform(unsigned word) { return ((float)(int)(word >> 9) + 0.5f) * 1.1920929e-7f; }

SNN_FN unsigned bits_of(float x) { union { float value; unsigned bits; } both; both.value = x; return both.bits; }
SNN_FN float from_bits(unsigned bits) { union { unsigned bits; float value; } both; both.bits = bits; return both.value; }

// ln x for normal x > 0 from + - * alone: the same bits on every target. x = m 2^e with m in [sqrt(1/2), sqrt(2)),
// then a polynomial in m - 1 (S. Moshier, Cephes, logf).
SNN_FN float log_positive(float x) {
    const unsigned shifted = bits_of(x) - 0x3F3504F3u;           // bits of sqrt(1/2)
    const int e = (int)shifted >> 23;
    const float f = from_bits((shifted & 0x007FFFFFu) + 0x3F3504F3u) - 1.0f;
    const float z = f * f;
    float p = 7.0376836292e-2f;
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    const float n = (float)e;
    float y = f * z * p;
    y = y + n * -2.12194440e-4f;
    y = y - 0.5f * z;
    return (f + y) + n * 0.693359375f;
}

#if defined(__CUDACC__)
SNN_FN float root(float x) { return sqrtf(x); }
#else
SNN_FN float root(float x) { return __builtin_sqrtf(x); }
#endif

// abs(z) of a standard normal z, given p = P(abs(z) > value): sqrt(2) erfinv(1 - p) after M. Giles (2010),
// "Approximating the erfinv function", single precision; one polynomial where w < 5, another in the tail.
SNN_FN float normal_w(float p) { return -log_positive(p * (2.0f - p)); }
SNN_FN float normal_middle(float w) {
    const float a = w - 2.5f;
    float y = 2.81022636e-08f;
    y = y * a + 3.43273939e-07f;
    y = y * a - 3.5233877e-06f;
    y = y * a - 4.39150654e-06f;
    y = y * a + 0.00021858087f;
    y = y * a - 0.00125372503f;
    y = y * a - 0.00417768164f;
    y = y * a + 0.246640727f;
    return y * a + 1.50140941f;
}
SNN_FN float normal_tail(float w) {
    const float b = root(w > 5.0f ? w : 5.0f) - 3.0f;
    float y = -0.000200214257f;
    y = y * b + 0.000100950558f;
    y = y * b + 0.00134934322f;
    y = y * b - 0.00367342844f;
    y = y * b + 0.00573950773f;
    y = y * b - 0.0076224613f;
    y = y * b + 0.00943887047f;
    y = y * b + 1.00167406f;
    return y * b + 2.83297682f;
}
SNN_FN float normal_of(float y, float p) { return y * (1.0f - p) * 1.41421356f; }
SNN_FN float half_normal(float p) {
    const float w = normal_w(p);
    return normal_of(w < 5.0f ? normal_middle(w) : normal_tail(w), p);
}
#endif
