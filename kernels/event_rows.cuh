// Rows of numbers in the processor's widest vectors: sums of rows that a list names, and a dense product. Included by event_layer.cu.
#ifndef SNN_EVENT_ROWS
#define SNN_EVENT_ROWS
#if defined(__AVX512F__)
  #define SNN_VECTOR 64                                // bytes
  #define SNN_ROWS_AT_ONCE 8                                  // rows of the product's block: with 3 vectors its sums fill the registers
  #if defined(__clang__)
    #define SNN_WIDEST __attribute__((__min_vector_width__(512)))   // else clang takes two halves instead of one such vector
  #endif
#else
  #define SNN_VECTOR 32
  #define SNN_ROWS_AT_ONCE 4
#endif
#if !defined(SNN_WIDEST)
  #define SNN_WIDEST
#endif
#define SNN_MOST 13                                    // vectors of a block of columns
typedef real vector_t __attribute__((vector_size(SNN_VECTOR)));
typedef real loose_t __attribute__((vector_size(SNN_VECTOR), aligned(sizeof(real))));
enum { LANES = SNN_VECTOR / sizeof(real) };

SNN_FN index_t padded(index_t columns) { return (columns + 15) / 16 * 16; }
#define SNN_LOAD(p) (*(const loose_t*)(p))
#define SNN_STORE(p, v) (*(loose_t*)(p) = (v))

// call(n) for blocks of n vectors, c the first column of each.
#define SNN_BY_BLOCKS(c, row, call)                                                                          \
    for (index_t c = 0, left_ = (row) / LANES, n_; left_; c += n_ * LANES, left_ -= n_) {                    \
        n_ = left_ <= SNN_MOST ? left_ : left_ < 2 * SNN_MOST ? (left_ + 1) / 2 : SNN_MOST;                  \
        switch (n_) {                                                                                        \
            case 1: call(1); break; case 2: call(2); break; case 3: call(3); break; case 4: call(4); break;  \
            case 5: call(5); break; case 6: call(6); break; case 7: call(7); break; case 8: call(8); break;  \
            case 9: call(9); break; case 10: call(10); break; case 11: call(11); break;                      \
            case 12: call(12); break; case 13: call(13); break;                                              \
        }                                                                                                    \
    }

// x = start + the rows of `from` that are listed
template <int N>
SNN_WIDEST static void add_rows(const unsigned short* list, int begin, int end, const real* from, index_t row, const real* start,
                                real* x) {
    vector_t sum[N];
    SNN_UNROLL
    for (int v = 0; v < N; ++v) sum[v] = SNN_LOAD(start + LANES * v);
    for (int e = begin; e < end; ++e) {
        const real* w = from + list[e] * row;
        SNN_UNROLL
        for (int v = 0; v < N; ++v) sum[v] += SNN_LOAD(w + LANES * v);
    }
    SNN_UNROLL
    for (int v = 0; v < N; ++v) SNN_STORE(x + LANES * v, sum[v]);
}

// grad[i] += the rows of delta in list[starts[i]] ... list[starts[i + 1]], for each of the inputs; `begin`: grad holds nothing yet
template <int N>
SNN_WIDEST static void sum_rows(index_t inputs, const int* starts, const unsigned short* list, const real* delta,
                                index_t delta_row, real* grad, index_t row, bool begin) {
    for (index_t i = 0; i < inputs; ++i) {
        int e = starts[i];
        const int end = starts[i + 1];
        vector_t sum[N];
        if (e == end) {
            if (!begin) continue;
            SNN_UNROLL
            for (int v = 0; v < N; ++v) SNN_STORE(grad + i * row + LANES * v, vector_t{});
            continue;
        }
        const real* d = delta + list[e] * delta_row;
        SNN_UNROLL
        for (int v = 0; v < N; ++v) sum[v] = SNN_LOAD(d + LANES * v);
        for (++e; e < end; ++e) {
            d = delta + list[e] * delta_row;
            SNN_UNROLL
            for (int v = 0; v < N; ++v) sum[v] += SNN_LOAD(d + LANES * v);
        }
        real* to = grad + i * row;
        SNN_UNROLL
        for (int v = 0; v < N; ++v) SNN_STORE(to + LANES * v, begin ? sum[v] : SNN_LOAD(to + LANES * v) + sum[v]);
    }
}

// to = the sum over all steps of delta [T, row]
SNN_WIDEST static void sum_steps(index_t T, index_t row, const real* delta, real* to) {
    for (index_t c = 0; c < row; c += LANES) {
        vector_t sum = {};
        for (index_t t = 0; t < T; ++t) sum += SNN_LOAD(delta + t * row + c);
        SNN_STORE(to + c, sum);
    }
}

// c [rows, inputs rounded up] = a [rows, columns] W, W [columns, inputs]. W lies in panels of 3 vectors (2 or 1 at the end) by
// SNN_DEEP of its rows, so that a panel stays in the nearest cache while the rows of a pass by. Here alone multiply and add
// are fused, where the processor can: there is no other kernel whose bits this would have to equal.
#define SNN_DEEP 208
SNN_FN int panel_width(index_t left) { return left == 4 || left == 2 ? 2 : left >= 3 ? 3 : 1; }
static void to_panels(const real* w, index_t columns, index_t inputs, real* panels) {
    for (index_t k0 = 0; k0 < columns; k0 += SNN_DEEP) {
        const index_t deep = columns - k0 < SNN_DEEP ? columns - k0 : SNN_DEEP;
        for (index_t c0 = 0, left = padded(inputs) / LANES, n; left; c0 += n * LANES, left -= n) {
            n = panel_width(left);
            for (index_t k = 0; k < deep; ++k) for (index_t i = 0; i < n * LANES; ++i)
                *panels++ = c0 + i < inputs ? w[(k0 + k) * inputs + c0 + i] : 0;
        }
    }
}
template <int R, int N>
SNN_WIDEST static void product_block(index_t deep, const real* a, index_t a_row, const real* panel, real* c, index_t c_row,
                                     bool add) {
#if defined(__clang__)
    _Pragma("clang fp contract(fast)")
#endif
    vector_t sum[R][N];
    SNN_UNROLL
    for (int r = 0; r < R; ++r) {
        SNN_UNROLL
        for (int v = 0; v < N; ++v) sum[r][v] = add ? vector_t(SNN_LOAD(c + r * c_row + LANES * v)) : vector_t{};
    }
    for (index_t k = 0; k < deep; ++k, panel += N * LANES) {
        vector_t w[N];
        SNN_UNROLL
        for (int v = 0; v < N; ++v) w[v] = SNN_LOAD(panel + LANES * v);
        SNN_UNROLL
        for (int r = 0; r < R; ++r) {
            const real x = a[r * a_row + k];
            SNN_UNROLL
            for (int v = 0; v < N; ++v) sum[r][v] += x * w[v];
        }
    }
    SNN_UNROLL
    for (int r = 0; r < R; ++r) {
        SNN_UNROLL
        for (int v = 0; v < N; ++v) SNN_STORE(c + r * c_row + LANES * v, sum[r][v]);
    }
}
template <int N>
static void product_panel(index_t rows, index_t deep, const real* a, index_t a_row, const real* panel, real* c, index_t c_row,
                          bool add) {
    index_t r = 0;
    for (; r + SNN_ROWS_AT_ONCE <= rows; r += SNN_ROWS_AT_ONCE)
        product_block<SNN_ROWS_AT_ONCE, N>(deep, a + r * a_row, a_row, panel, c + r * c_row, c_row, add);
    for (; r + 4 <= rows; r += 4)
        product_block<4, N>(deep, a + r * a_row, a_row, panel, c + r * c_row, c_row, add);
    for (; r + 2 <= rows; r += 2) product_block<2, N>(deep, a + r * a_row, a_row, panel, c + r * c_row, c_row, add);
    if (r < rows) product_block<1, N>(deep, a + r * a_row, a_row, panel, c + r * c_row, c_row, add);
}
static void product(index_t rows, index_t columns, index_t inputs, const real* a, index_t a_row, const real* panels, real* c) {
    const index_t c_row = padded(inputs);
    for (index_t k0 = 0; k0 < columns; k0 += SNN_DEEP) {
        const index_t deep = columns - k0 < SNN_DEEP ? columns - k0 : SNN_DEEP;
        for (index_t c0 = 0, left = c_row / LANES, n; left; c0 += n * LANES, left -= n) {
            n = panel_width(left);
            if (n == 3) product_panel<3>(rows, deep, a + k0, a_row, panels, c + c0, c_row, k0 > 0);
            else if (n == 2) product_panel<2>(rows, deep, a + k0, a_row, panels, c + c0, c_row, k0 > 0);
            else product_panel<1>(rows, deep, a + k0, a_row, panels, c + c0, c_row, k0 > 0);
            panels += deep * n * LANES;
        }
    }
}
#endif
