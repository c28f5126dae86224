// A layer (weights in front of a neuron) whose input comes as events: products with the zeros of the input are left out. C++ only,
// float or double; on a GPU a layer is a dense product and the scans.
//
// The events of a sample: first[t] ... first[t + 1] are the numbers of those at step t, and places[e] is the input that fired. An
// input that fires n times in a step is listed n times. All arrays are sample-major, [B, T, columns rounded up to 16]; the rest of
// a row is 0. So is a row of the weights, [inputs, columns rounded up].
//
// Forward, an event adds one row of weights to the current, and the neuron makes its step in the same loop: the current is never
// written. Backward goes sample by sample, and delta of one sample stays in the cache:
//     delta          the neurons' scan (scan.cuh), from u
//     dL/dW[i, :] += sum of delta[t, :] over the events (t, i) of the sample; the sum of a sample is made first, in registers
//     dL/ds          delta W, the one dense product that is left
// A recurrent layer gathers the rows of its own events of the step before too; its way back goes step by step, because delta[t + 1]
// decides dL/ds[t], and the samples of a part make that step together.
// Where the current comes from elsewhere, an array [T, B, N], it takes the place of the gathers, and delta is written like it.
// No sum crosses samples but dL/dW: there is one for each part of the batch, and the caller adds the parts in order.
#include "scan.cuh"
#include "spike_derivative.cuh"
#if !defined(__CUDACC__)
#undef SNN_NEURON
#define SNN_NEURON(name, Neuron, Adjoint)             // the neurons' structs only, not their scans again
#include "lif.cu"
#include "cuba.cu"
#include "alif.cu"
#include "eif.cu"
#include "qif.cu"
#include "sparse_rows.cuh"
#include "event_rows.cuh"
#include "event_conv.cuh"

typedef int count_t;
typedef unsigned short place_t;

struct Events {                          // what the calls share; passed by value
    Scan k;                              // k.M = B N; k.begin, k.end: the samples of this call
    index_t inputs, columns;             // I, N
    index_t capacity, room;              // how many events of a sample the input has memory for, and the output
    index_t derivative;                  // its number in SNN_DERIVATIVES; the number behind the last: given values
    SNN_FN index_t row() const { return padded(columns); }
};

template <class Number>
SNN_FN void listed(const Events& p, const Number* x, const index_t* samples, index_t total, count_t* first, place_t* places,
                   count_t* found) {
    for (index_t b = p.k.begin; b < p.k.end; ++b) {
        count_t* starts = first + b * (p.k.T + 1);
        place_t* to = places + b * p.capacity;
        index_t n = 0;
        bool fits = true;
        for (index_t t = 0; t < p.k.T && fits; ++t) {
            starts[t] = (count_t)n;
            const Number* from = x + (t * total + (samples ? samples[b] : b)) * p.inputs;
            for (index_t i0 = 0; i0 < p.inputs && fits; i0 += SNN_WIDE) {
                const index_t rest = p.inputs - i0, lanes = rest < SNN_WIDE ? rest : SNN_WIDE;
                bits_t mask[2];
                if (spikes_of_row(from + i0, lanes, mask)) {
                    if ((fits = n + SNN_COUNT(mask[0]) + SNN_COUNT(mask[1]) <= p.capacity))
                        for (int w = 0; w < 2; ++w)
                            for (bits_t left = mask[w]; left; left &= left - 1)
                                to[n++] = (place_t)(i0 + 64 * w + SNN_LOWEST(left));
                } else for (index_t i = 0; i < lanes && fits; ++i) {
                    const Number value = from[i0 + i];
                    const index_t times = value >= 0 && value < 65536 ? (index_t)value : 0;
                    if ((fits = (Number)times == value && n + times <= p.capacity))
                        for (index_t q = 0; q < times; ++q) to[n++] = (place_t)(i0 + i);
                }
            }
        }
        starts[p.k.T] = (count_t)n;
        found[b] = fits ? (count_t)n : -1;
    }
}
// Events of numbers x [T, B, I]. found[b]: their number in sample b; -1: it holds other numbers than 0, 1, 2 ..., or too many.
SNN_EXPORT events_of(Events p, const real* x, count_t* first, place_t* places, count_t* found) {
    listed(p, x, 0, p.k.M / p.columns, first, places, found);
}
// The same of counts x [T, total, I] in bytes: sample b of the events is sample samples[b] of x.
SNN_EXPORT events_of_bytes(Events p, const byte_t* x, const index_t* samples, index_t total, count_t* first, place_t* places,
                           count_t* found) {
    listed(p, x, samples, total, first, places, found);
}
// And back: x [T, B, I] is zero and gets what the events say.
SNN_EXPORT events_dense(Events p, const count_t* first, const place_t* places, real* x) {
    const index_t batch = p.k.M / p.columns;
    for (index_t b = p.k.begin; b < p.k.end; ++b) {
        const count_t* starts = first + b * (p.k.T + 1);
        for (index_t t = 0; t < p.k.T; ++t)
            for (count_t e = starts[t]; e < starts[t + 1]; ++e) x[(t * batch + b) * p.inputs + places[b * p.capacity + e]] += 1;
    }
}

// Weights [columns, inputs], as torch holds them, to rows of inputs, [inputs, row], and to the panels that `product` reads.
SNN_EXPORT events_weights(Events p, const real* weights, real* rows, real* panels) {
    const index_t row = p.row();
    if (rows) for (index_t i0 = 0; i0 < p.inputs; i0 += 16) for (index_t j = 0; j < row; ++j) {
        const index_t end = i0 + 16 < p.inputs ? i0 + 16 : p.inputs;
        for (index_t i = i0; i < end; ++i) rows[i * row + j] = j < p.columns ? weights[j * p.inputs + i] : 0;
    }
    if (panels) to_panels(weights, p.columns, p.inputs, panels);
}

// dL/dW [columns, inputs], as torch holds weights, from its parts [count, inputs, row]: they are added in order. k.begin, k.end:
// the inputs of this call.
SNN_EXPORT events_sum(Events p, const real* parts, index_t count, real* to) {
    const index_t row = p.row(), part = p.inputs * row;
    for (index_t i0 = p.k.begin; i0 < p.k.end; i0 += 16) for (index_t j0 = 0; j0 < p.columns; j0 += 16) {
        const index_t inputs = p.k.end - i0 < 16 ? p.k.end - i0 : 16, columns = p.columns - j0 < 16 ? p.columns - j0 : 16;
        SNN_ROW tile[16][16];
        for (index_t i = 0; i < inputs; ++i) {
            const real* from = parts + (i0 + i) * row + j0;
            for (index_t j = 0; j < 16; ++j) tile[i][j] = from[j];
            for (index_t q = 1; q < count; ++q) for (index_t j = 0; j < 16; ++j) tile[i][j] += from[q * part + j];
        }
        for (index_t j = 0; j < columns; ++j) for (index_t i = 0; i < inputs; ++i) to[(j0 + j) * p.inputs + i0 + i] = tile[i][j];
    }
}

// The rows of the weights of a step's events, on top of `start`.
SNN_FN void current_of(const Events& p, const place_t* places, count_t from, count_t to, const real* weights, const real* start,
                       real* x) {
    const index_t row = p.row();
#define SNN_GATHER(n) add_rows<n>(places, from, to, weights + c, row, start + c, x + c)
    SNN_BY_BLOCKS(c, row, SNN_GATHER)
}

// Most layers have c[4] = 1, c[5] = 0, for LIF and CUBA one spike a step and reset by subtraction, and read the derivative before
// the reset. The compiler makes a loop without the other cases where it sees these as constants; whatever a neuron means by them,
// they are what they were.
SNN_FN bool with_plain_reset(const Scan& k) { return k.c[4] == 1 && k.c[5] == 0 && k.after_reset == 0; }
template <class K>
SNN_FN K plain_reset(K k) {
    k.c[4] = 1;
    k.c[5] = k.after_reset = 0;
    return k;
}

// One step of up to 128 neurons: u, the second state if there is one, and how often each fired.
template <class Neuron>
SNN_FN void step_row(Scan k, Neuron* __restrict__ neuron, const real* __restrict__ x, index_t lanes, real* __restrict__ u,
                     real* __restrict__ trace, byte_t* __restrict__ fired) {
    SNN_ROW unused[SNN_WIDE];
    real* traces = trace ? trace : unused;
    SNN_FOR_LANES(j, lanes) {
        const real u_t = neuron[j].charge(k, x[j]);
        const real theta_t = Neuron::threshold(k, neuron[j].trace());
        const real s_t = Neuron::spikes(k, u_t, theta_t);
        u[j] = u_t;
        traces[j] = neuron[j].trace();
        fired[j] = (byte_t)(int)s_t;
        neuron[j].reset(k, u_t, theta_t, s_t);
    }
}

// The events of a step, from how often each neuron fired (bytes, a whole number of 128); `binary`: at most once.
SNN_FN count_t listed_row(const byte_t* fired, index_t columns, bool binary, place_t* to, count_t n) {
    for (index_t c = 0; c < columns; c += SNN_WIDE) {
        if (binary) {
            bits_t mask[2];
            packed_bits(fired + c, mask);
            for (int w = 0; w < 2; ++w)
                for (bits_t left = mask[w]; left; left &= left - 1) to[n++] = (place_t)(c + 64 * w + SNN_LOWEST(left));
        } else for (index_t j = c; j < columns && j < c + SNN_WIDE; ++j)
            for (int q = 0; q < fired[j]; ++q) to[n++] = (place_t)j;
    }
    return n;
}

// A step's events are listed only after the next step's input has been gathered: a wide load of bytes that have just been stored
// one by one waits until the processor has written them.
template <class Neuron>
SNN_FN void event_forward(const Events& p, const count_t* first, const place_t* places, const real* weights, const real* bias,
                          const real* current, const real* loops, const real* initial, real* u, real* trace, real* last,
                          count_t* out_first, place_t* out_places, real* scratch, byte_t* fired) {
    const Scan& k = p.k;
    const index_t row = p.row(), batch = k.M / p.columns;
    const bool binary = p.room == k.T * p.columns;
    Neuron* const neuron = (Neuron*)(scratch + row);
    const index_t states = sizeof(Neuron) / sizeof(real);
    for (index_t b = k.begin; b < k.end; ++b) {
        count_t* out_starts = out_first + b * (k.T + 1);
        place_t* to = out_places + b * p.room;
        count_t n = 0;
        for (index_t j = 0; j < p.columns; ++j) neuron[j].load(initial + j, row);
        for (index_t t = 0; t < k.T; ++t) {
            const real* x = current ? current + (t * batch + b) * p.columns : scratch;
            if (!current) {
                const count_t* starts = first + b * (k.T + 1) + t;
                current_of(p, places + b * p.capacity, starts[0], starts[1], weights, bias, scratch);
            }
            if (t > 0) n = listed_row(fired, p.columns, binary, to, n);
            out_starts[t] = n;
            if (loops && t > 0) {
                if (current) for (index_t j = 0; j < p.columns; ++j) scratch[j] = x[j];
                x = scratch;
                current_of(p, to, out_starts[t - 1], n, loops, scratch, scratch);
            }
            for (index_t c = 0; c < row; c += SNN_WIDE) {
                const index_t rest = p.columns - c, lanes = rest < SNN_WIDE ? rest : SNN_WIDE;
                const index_t at = (b * k.T + t) * row + c;
                if (with_plain_reset(k))
                    step_row(plain_reset(k), neuron + c, x + c, lanes, u + at, trace ? trace + at : 0, fired + c);
                else step_row(k, neuron + c, x + c, lanes, u + at, trace ? trace + at : 0, fired + c);
            }
        }
        out_starts[k.T] = listed_row(fired, p.columns, binary, to, n);
        for (index_t j = 0; j < p.columns; ++j) neuron[j].store(last + b * states * row + j, row);
    }
}

// The Scan of one sample: its rows are those of the arrays here, its draws and given values those of the whole [T, B N]. What the
// function below is given must not lie in the Scan: then the compiler would read the coefficients anew after each call.
struct Slopes {
    const Scan* whole;
    index_t column, derivative;          // b N; the number
    index_t step;                        // of the first row of the Scan
    int* active;                         // counts the entries with ds_du != 0
};
struct OfSample : Scan { const Slopes* slopes; };
#define SNN_NUMBER(prefix, name, ...) prefix##name,
enum { SNN_DERIVATIVES(SNN_NUMBER, NUMBER_OF_) };
SNN_NOINLINE void slopes_of(const Slopes& p, const real* margins, const real* given, index_t t, Along where, index_t lanes,
                            real* slopes) {
    switch (p.derivative) {
#define SNN_CASE(prefix, name, ...) \
        case prefix##name: __VA_ARGS__::row(*p.whole, margins, given, t, where, lanes, slopes); break;
        SNN_DERIVATIVES(SNN_CASE, NUMBER_OF_)
        default: Given::row(*p.whole, margins, given, t, where, lanes, slopes);
    }
    int active = 0;
    _Pragma("omp simd reduction(+ : active)") for (index_t j = 0; j < lanes; ++j) active += slopes[j] != 0;
    *p.active += active;
}
struct ByNumber {
    SNN_FN static void row(const Scan& k, const real* margins, const real* given, index_t t, Along where, index_t lanes,
                           real* slopes) {
        const Slopes* here = static_cast<const OfSample&>(k).slopes;
        slopes_of(*here, margins, given, here->step + t, Along{where.first + here->column, 1}, lanes, slopes);
    }
};

// dL/dW of one sample, added to grad [inputs, row], or with `begin` stored there: its events are sorted by input, then each input's
// rows of delta are summed.
SNN_FN void add_weights(index_t inputs, index_t T, index_t row, const count_t* starts, const place_t* places, const real* delta,
                        index_t delta_row, count_t* counts, place_t* steps, real* grad, bool begin) {
    for (index_t i = 0; i < inputs + 2; ++i) counts[i] = 0;
    for (count_t e = 0; e < starts[T]; ++e) ++counts[places[e] + 2];
    for (index_t i = 0; i < inputs; ++i) counts[i + 2] += counts[i + 1];
    for (index_t t = 0; t < T; ++t)
        for (count_t e = starts[t]; e < starts[t + 1]; ++e) steps[counts[places[e] + 1]++] = (place_t)t;
#define SNN_SUM(n) sum_rows<n>(inputs, counts, steps, delta + c, delta_row, grad + c, row, begin)
    SNN_BY_BLOCKS(c, row, SNN_SUM)
}

// Where delta of a sample goes; null: nobody asks.
struct Ways {
    const real* panels;                  // of the weights, for grad_below
    real *grad_below, *grad_weights, *grad_bias, *grad_current;
};
SNN_FN void leave_sample(const Events& p, index_t b, const count_t* first, const place_t* places, const real* delta,
                         const Ways& ways, count_t* counts, place_t* steps) {
    const index_t row = p.row(), T = p.k.T;
    if (ways.grad_weights)
        add_weights(p.inputs, T, row, first + b * (T + 1), places + b * p.capacity, delta, row, counts, steps, ways.grad_weights,
                    b == p.k.begin);
    if (ways.grad_current) for (index_t t = 0; t < T; ++t) {
        real* to = ways.grad_current + t * p.k.M + b * p.columns;
        for (index_t j = 0; j < p.columns; ++j) to[j] = delta[t * row + j];
    }
    if (ways.grad_bias) sum_steps(T, row, delta, ways.grad_bias + b * row);
    if (ways.grad_below) product(T, p.columns, p.inputs, delta, row, ways.panels, ways.grad_below + b * T * padded(p.inputs));
}

template <class Adjoint, bool Parameters>
static void event_backward(const Events& p, const count_t* first, const place_t* places, const real* grad, index_t grad_sample,
                           index_t grad_row, const real* u, const real* trace, const real* initial, const real* given,
                           const real* panels, real* grad_below, real* grad_weights, real* grad_bias, real* grad_current,
                           real* grad_c, index_t* active, real* scratch, count_t* counts, place_t* steps) {
    const index_t row = p.row(), T = p.k.T, sums = 8;
    real *const delta = scratch, *const zeros = delta + T * row, *const rest = zeros + 2 * row;
    for (index_t j = 0; j < T * row + 2 * row; ++j) scratch[j] = 0;
    for (index_t b = p.k.begin; b < p.k.end; ++b) {
        int share = 0;
        const Slopes slopes = {&p.k, b * p.columns, p.derivative, 0, &share};
        OfSample k;
        static_cast<Scan&>(k) = p.k;
        k.M = row;
        k.begin = 0;
        k.end = p.columns;
        k.slopes = &slopes;
#define SNN_SCAN_SAMPLE(own)                                                                                             \
        backward_scan<Adjoint, ByNumber, Parameters>(                                                                    \
            own, grad + b * grad_sample, grad_row, zeros, 0, u + b * T * row, trace ? trace + b * T * row : zeros,       \
            trace ? row : 0, initial, zeros, given, delta, rest, Parameters ? grad_c + b * sums * row : 0, 0, 0)
        if (!Parameters && with_plain_reset(k)) {
            const OfSample plain = plain_reset(k);
            SNN_SCAN_SAMPLE(plain);
        } else SNN_SCAN_SAMPLE(k);
        active[b] = share;
        const Ways ways = {panels, grad_below, grad_weights, grad_bias, grad_current};
        leave_sample(p, b, first, places, delta, ways, counts, steps);
    }
}

// The same for a recurrent layer: delta of all samples of a part is kept, and its rows of a step go through the loops together.
template <class Adjoint>
static void event_backward_loops(const Events& p, const count_t* first, const place_t* places, const real* grad,
                                 index_t grad_sample, index_t grad_row, const real* u, const real* trace, const real* initial,
                                 const real* given, const Ways& ways, const real* loop_panels, const count_t* own_first,
                                 const place_t* own_places, real* grad_loops, index_t* active, real* scratch, count_t* counts,
                                 place_t* steps) {
    const index_t row = p.row(), T = p.k.T, samples = p.k.end - p.k.begin;
    real *const delta = scratch, *const back = delta + samples * T * row, *later = back + samples * row;
    real *now = later + 2 * samples * row, *const above = now + 2 * samples * row, *const before = above + row;
    real* const zeros = before + row;
    for (real* to = scratch; to < zeros + 2 * row; ++to) *to = 0;
    for (index_t b = p.k.begin; b < p.k.end; ++b) active[b] = 0;
    for (index_t t = T - 1; t >= 0; --t) {
        for (index_t q = 0; q < samples; ++q) {
            const index_t b = p.k.begin + q, at = (b * T + t) * row;
            int share = 0;
            const Slopes slopes = {&p.k, b * p.columns, p.derivative, t, &share};
            OfSample k;
            static_cast<Scan&>(k) = p.k;
            k.T = 1;
            k.M = row;
            k.begin = 0;
            k.end = p.columns;
            k.slopes = &slopes;
            const real* g = grad + b * grad_sample + t * grad_row;
            for (index_t j = 0; j < p.columns; ++j) above[j] = g[j] + back[q * row + j];
            if (Adjoint::reads_before) for (index_t j = 0; j < p.columns; ++j) {
                const real u_t = t > 0 ? u[at - row + j] : 0, theta_t = Adjoint::threshold(k, t > 0 && trace ? trace[at - row + j] : 0);
                before[j] = t > 0 ? Adjoint::after(k, u_t, theta_t, Adjoint::spikes(k, u_t, theta_t)) : initial[j];
            }
            backward_scan<Adjoint, ByNumber, false>(k, above, 0, zeros, 0, u + at, trace ? trace + at : zeros, 0, before,
                                                    later + 2 * q * row, given, delta + (q * T + t) * row, now + 2 * q * row, 0, 0, 0);
            active[b] += share;
        }
        real* const other = later;
        later = now;
        now = other;
        if (t > 0) product(samples, p.columns, p.columns, delta + t * row, T * row, loop_panels, back);
    }
    for (index_t q = 0; q < samples; ++q) {
        const index_t b = p.k.begin + q;
        if (grad_loops)                                // an event of step t meets delta of step t + 1
            add_weights(p.columns, T - 1, row, own_first + b * (T + 1), own_places + b * p.room, delta + (q * T + 1) * row, row,
                        counts, steps, grad_loops, q == 0);
        leave_sample(p, b, first, places, delta + q * T * row, ways, counts, steps);
    }
}

#define SNN_EVENTS(name, Neuron, Adjoint)                                                                                \
    SNN_EXPORT events_forward_##name(Events p, const count_t* first, const place_t* places, const real* weights,         \
                                     const real* bias, const real* current, const real* loops, const real* initial,      \
                                     real* u, real* trace, real* last, count_t* out_first, place_t* out_places,          \
                                     real* scratch, byte_t* fired) {                                                     \
        event_forward<Neuron>(p, first, places, weights, bias, current, loops, initial, u, trace, last, out_first,       \
                              out_places, scratch, fired);                                                               \
    }                                                                                                                    \
    SNN_EXPORT events_backward_loops_##name(                                                                             \
        Events p, const count_t* first, const place_t* places, const real* grad, index_t grad_sample, index_t grad_row,  \
        const real* u, const real* trace, const real* initial, const real* given, const real* panels, real* grad_below,  \
        real* grad_weights, real* grad_bias, real* grad_current, const real* loop_panels, const count_t* own_first,      \
        const place_t* own_places, real* grad_loops, index_t* active, real* scratch, count_t* counts, place_t* steps) {  \
        const Ways ways = {panels, grad_below, grad_weights, grad_bias, grad_current};                                   \
        event_backward_loops<Adjoint>(p, first, places, grad, grad_sample, grad_row, u, trace, initial, given, ways,     \
                                      loop_panels, own_first, own_places, grad_loops, active, scratch, counts, steps);   \
    }                                                                                                                    \
    SNN_EXPORT events_backward_##name(                                                                                   \
        Events p, const count_t* first, const place_t* places, const real* grad, index_t grad_sample, index_t grad_row,  \
        const real* u, const real* trace, const real* initial, const real* given, const real* panels, real* grad_below,  \
        real* grad_weights, real* grad_bias, real* grad_current, real* grad_c, index_t* active, real* scratch,           \
        count_t* counts, place_t* steps) {                                                                               \
        (grad_c ? event_backward<Adjoint, true> : event_backward<Adjoint, false>)(                                       \
            p, first, places, grad, grad_sample, grad_row, u, trace, initial, given, panels, grad_below, grad_weights,   \
            grad_bias, grad_current, grad_c, active, scratch, counts, steps);                                            \
    }
SNN_EVENTS(lif, Lif, LifAdjoint)
SNN_EVENTS(cuba, Cuba, CubaAdjoint)
SNN_EVENTS(alif, Alif, AlifAdjoint)
SNN_EVENTS(eif, Nonlinear<Exponential>, NonlinearAdjoint<Exponential>)
SNN_EVENTS(qif, Nonlinear<Quadratic>, NonlinearAdjoint<Quadratic>)

// The product without a neuron, for a readout: x [B, T, row]. Its gradients, given grad = dL/dx: one row for each of `rows` steps,
// or a single row that all steps share (grad_row = 0, rows = 1); grad_below [B, rows, inputs rounded up].
SNN_EXPORT events_product(Events p, const count_t* first, const place_t* places, const real* weights, const real* bias, real* x) {
    for (index_t b = p.k.begin; b < p.k.end; ++b) for (index_t t = 0; t < p.k.T; ++t) {
        const count_t* starts = first + b * (p.k.T + 1) + t;
        current_of(p, places + b * p.capacity, starts[0], starts[1], weights, bias, x + (b * p.k.T + t) * p.row());
    }
}
SNN_EXPORT events_product_back(Events p, const count_t* first, const place_t* places, const real* grad, index_t grad_row,
                               index_t rows, const real* panels, real* grad_below, real* grad_weights, count_t* counts,
                               place_t* steps) {
    for (index_t b = p.k.begin; b < p.k.end; ++b) {
        const real* delta = grad + b * rows * p.row();
        if (grad_weights)
            add_weights(p.inputs, p.k.T, p.row(), first + b * (p.k.T + 1), places + b * p.capacity, delta, grad_row, counts,
                        steps, grad_weights, b == p.k.begin);
        if (grad_below) product(rows, p.columns, p.inputs, delta, p.row(), panels, grad_below + b * rows * padded(p.inputs));
    }
}
#endif
