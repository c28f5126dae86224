// A convolution whose input is mostly zeros: stride 1, its map as large as its input. Included by event_layer.cu.
//
// While an image is worked on, its map lies with the channels last, [height + side - 1, width + side - 1, outputs rounded up to 16],
// so that an entry of the input adds `side` lines of `side` neighbouring places: its value times the weights of its channel, which
// are held [inputs, side, side, outputs rounded up], turned by 180 degrees. dL/dW is the way back: the same lines of dL/dmap.
#ifndef SNN_EVENT_CONV
#define SNN_EVENT_CONV
#include "event_rows.cuh"

struct Map {                             // what the calls share; passed by value
    Scan k;                              // k.begin, k.end: the images of this call; the rest is not read
    index_t inputs, outputs;             // channels
    index_t height, width, side;         // of an image; side: of the square of weights, odd
    SNN_FN index_t row() const { return padded(outputs); }
    SNN_FN index_t run() const { return side * row(); }                    // the neighbouring places of one line that an entry adds to
    SNN_FN index_t line() const { return (width + side - 1) * row(); }
    SNN_FN index_t size() const { return (height + side - 1) * line(); }
    SNN_FN index_t margin() const { return (side / 2) * (line() + row()); }  // where the map itself begins
};

// what(y, x, value) for each entry of an image's channel that is not 0.
template <class What>
SNN_FN void each_entry(const Map& p, const real* channel, What what) {
    const index_t area = p.height * p.width;
    for (index_t i0 = 0; i0 < area; i0 += SNN_WIDE) {
        const index_t rest = area - i0, lanes = rest < SNN_WIDE ? rest : SNN_WIDE;
        alignas(64) byte_t flags[SNN_WIDE] = {};
        SNN_FOR_LANES(j, lanes) flags[j] = channel[i0 + j] != 0;
        bits_t mask[2];
        packed_bits(flags, mask);
        for (int w = 0; w < 2; ++w) for (bits_t left = mask[w]; left; left &= left - 1) {
            const unsigned at = (unsigned)(i0 + 64 * w + SNN_LOWEST(left)), y = at / (unsigned)p.width;
            what((index_t)y, (index_t)(at - y * (unsigned)p.width), channel[at]);
        }
    }
}

// to += value * from, `count` numbers
SNN_FN void add_scaled(real* to, const real* from, real value, index_t count) {
#if defined(__clang__)
    _Pragma("clang fp contract(fast)")
#endif
    for (index_t j = 0; j < count; j += LANES) SNN_STORE(to + j, SNN_LOAD(to + j) + value * SNN_LOAD(from + j));
}

SNN_WIDEST static void conv_forward(const Map& p, const real* x, const real* weights, const real* bias, real* to, real* map) {
    const index_t row = p.row(), line = p.line(), run = p.run(), area = p.height * p.width;
    for (index_t n = p.k.begin; n < p.k.end; ++n) {
        for (index_t j = 0; j < p.size(); ++j) map[j] = 0;
        for (index_t c = 0; c < p.inputs; ++c) {
            const real* own = weights + c * p.side * run;
            each_entry(p, x + (n * p.inputs + c) * area, [&](index_t y, index_t z, real value) __attribute__((always_inline)) {
                real* at = map + y * line + z * row;
                for (index_t r = 0; r < p.side; ++r) add_scaled(at + r * line, own + r * run, value, run);
            });
        }
        real* const image = to + n * p.outputs * area;
        const real* const begin = map + p.margin();
        for (index_t y = 0; y < p.height; ++y) for (index_t o = 0; o < p.outputs; ++o) {
            const real start = bias ? bias[o] : 0;
            for (index_t z = 0; z < p.width; ++z) image[o * area + y * p.width + z] = start + begin[y * line + z * row + o];
        }
    }
}

SNN_WIDEST static void conv_weights(const Map& p, const real* x, const real* grad, real* grad_weights, real* map) {
    const index_t row = p.row(), line = p.line(), run = p.run(), area = p.height * p.width;
    for (index_t j = 0; j < p.size(); ++j) map[j] = 0;        // what lies around the map stays so
    for (index_t n = p.k.begin; n < p.k.end; ++n) {
        const real* const image = grad + n * p.outputs * area;
        real* const begin = map + p.margin();
        for (index_t y = 0; y < p.height; ++y) for (index_t o = 0; o < p.outputs; ++o)
            for (index_t z = 0; z < p.width; ++z) begin[y * line + z * row + o] = image[o * area + y * p.width + z];
        for (index_t c = 0; c < p.inputs; ++c) {
            real* own = grad_weights + c * p.side * run;
            each_entry(p, x + (n * p.inputs + c) * area, [&](index_t y, index_t z, real value) __attribute__((always_inline)) {
                const real* at = map + y * line + z * row;
                for (index_t r = 0; r < p.side; ++r) add_scaled(own + r * run, at + r * line, value, run);
            });
        }
    }
}

// x [images, inputs, height, width] -> to [images, outputs, height, width]; bias [outputs] or null; map: room for p.size() numbers.
SNN_EXPORT events_conv(Map p, const real* x, const real* weights, const real* bias, real* to, real* map) {
    conv_forward(p, x, weights, bias, to, map);
}
// grad_weights [inputs, side, side, outputs rounded up] += what the images of this call give, from grad = dL/dto.
SNN_EXPORT events_conv_back(Map p, const real* x, const real* grad, real* grad_weights, real* map) {
    conv_weights(p, x, grad, grad_weights, map);
}
#endif
