// Counter-based random numbers: Philox 4x32 with 10 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as
// 1, 2, 3"). Key = (seed, layer), counter = (column, step, block of four draws, 0): the same draw on every backend,
// nothing stored. The torch twin is snnviz/draws.py.
#ifndef SNN_PHILOX
#define SNN_PHILOX

struct Words { unsigned w0, w1, w2, w3; };

SNN_FN Words philox(unsigned key0, unsigned key1, unsigned c0, unsigned c1, unsigned c2, unsigned c3) {
    for (int round = 0; round < 10; ++round) {
        const unsigned long long a = 0xD2511F53ull * c0, b = 0xCD9E8D57ull * c2;
        c0 = (unsigned)(b >> 32) ^ c1 ^ key0;
        c1 = (unsigned)b;
        c2 = (unsigned)(a >> 32) ^ c3 ^ key1;
        c3 = (unsigned)a;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    const Words words = {c0, c1, c2, c3};
    return words;
}

SNN_FN unsigned draw_word(const Scan& k, index_t t, index_t i, int draw) {
    const Words w = philox(k.seed, k.layer, (unsigned)i, (unsigned)(k.first + t), (unsigned)(draw >> 2), 0u);
    const unsigned odd = 0u - (draw & 1), high = 0u - (draw >> 1 & 1);       // masks: a chain of ?: does not vectorise
    return (((w.w0 & ~odd) | (w.w1 & odd)) & ~high) | (((w.w2 & ~odd) | (w.w3 & odd)) & high);
}

// words[j] = the draw of column first + j stride, for a row of columns.
SNN_FN void draw_words(const Scan& k, index_t t, unsigned first, unsigned stride, int draw, index_t lanes, unsigned* words) {
    SNN_FOR_LANES(j, lanes) words[j] = draw_word(k, t, first + (unsigned)j * stride, draw);
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
// "Approximating the erfinv function", single precision.
SNN_FN float half_normal(float p) {
    const float w = -log_positive(p * (2.0f - p));
    const float a = w - 2.5f;
    float y = 2.81022636e-08f;
    y = y * a + 3.43273939e-07f;
    y = y * a - 3.5233877e-06f;
    y = y * a - 4.39150654e-06f;
    y = y * a + 0.00021858087f;
    y = y * a - 0.00125372503f;
    y = y * a - 0.00417768164f;
    y = y * a + 0.246640727f;
    y = y * a + 1.50140941f;
    const float b = root(w > 5.0f ? w : 5.0f) - 3.0f;
    float tail = -0.000200214257f;
    tail = tail * b + 0.000100950558f;
    tail = tail * b + 0.00134934322f;
    tail = tail * b - 0.00367342844f;
    tail = tail * b + 0.00573950773f;
    tail = tail * b - 0.0076224613f;
    tail = tail * b + 0.00943887047f;
    tail = tail * b + 1.00167406f;
    tail = tail * b + 2.83297682f;
    return (w < 5.0f ? y : tail) * (1.0f - p) * 1.41421356f;
}
#endif
