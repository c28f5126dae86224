// The two loops over time (forward, backward), written once for all neurons, and the macros with which NVRTC, a C++ compiler
// and a WebAssembly compiler read the same text. README.md in this folder describes the arrays and the calls.
//
// On a GPU a thread computes one neuron (a tile of 1, in registers). In C++ an iteration computes a tile of neurons: the loop
// over time is outside, the loops over neurons are inside, so that they vectorise and read along rows. A row of a tile is
// computed in blocks, small enough that a block's buffers stay in the first-level cache.
#ifndef SNN_SCAN
#define SNN_SCAN

#ifndef SNN_REAL
  #define SNN_REAL float                 // double: the build that the gradient checks use
#endif
typedef SNN_REAL real;
typedef long long index_t;               // 64 bits on every target; "long" has 32 on some

#if defined(__CUDACC__)
  #define SNN_EXPORT extern "C" __global__ void
  #define SNN_FN __device__ __forceinline__
  #define SNN_TILE 1
  #define SNN_BLOCK 1
  #define SNN_ROW real                   // the type of a block's buffer
  #define SNN_FOR_TILES(i0, k)                                                                \
      for (index_t i0 = (k).begin + blockIdx.x * (index_t)blockDim.x + threadIdx.x;           \
           i0 < (k).end; i0 += blockDim.x * (index_t)gridDim.x)
  #define SNN_FOR_LANES(j, lanes) for (index_t j = 0; j < lanes; ++j)
  #define SNN_UNROLL _Pragma("unroll")
#else
  #if defined(_WIN32)
    #define SNN_EXPORT extern "C" __declspec(dllexport) void
  #else
    #define SNN_EXPORT extern "C" __attribute__((visibility("default"))) void
  #endif
  #define SNN_FN inline __attribute__((always_inline))
  #if defined(__wasm__)
    #define SNN_TILE 256                 // a page's stack is small
  #else
    #define SNN_TILE 2048                // a row has two pages of memory: a third faster than 256 where arrays exceed the caches
  #endif
  #define SNN_BLOCK 128
  #define SNN_ROW alignas(64) real
  #define SNN_FOR_TILES(i0, k) for (index_t i0 = (k).begin; i0 < (k).end; i0 += SNN_TILE)
  #define SNN_FOR_LANES(j, lanes) _Pragma("omp simd") for (index_t j = 0; j < lanes; ++j)
  #if defined(__clang__)
    #define SNN_UNROLL _Pragma("clang loop unroll(full)")
  #else
    #define SNN_UNROLL _Pragma("GCC unroll 16")
  #endif
#endif

#define SNN_FOR_BLOCKS(b0, n, lanes)                                                                                   \
    for (index_t b0 = 0, n; n = lanes - b0 < SNN_BLOCK ? lanes - b0 : SNN_BLOCK, b0 < lanes; b0 += SNN_BLOCK)

struct Scan {                // the arguments of a scan that are not arrays; passed by value
    real c[8];               // the neuron's coefficients: its own file names them
    real d[8];               // the spike derivative's coefficients: spike_derivative.cuh names them
    real through_reset;      // 1: the gradient runs through the spike into the reset of the membrane (kept); 0: cut
    real through_adaptation; // 1: and into what the spike adds to the threshold (kept, cut); 0: left out with the reset (SLAYER)
    real mask_reset;         // 0: backward leaves the reset out altogether (SLAYER); else 1
    real after_reset;        // 1: the spike derivative is read at v, after the reset; else 0, at u
    unsigned seed, layer;    // the key of the layer's random draws
    index_t first;           // the time step of row 0: a run may be continued
    index_t T, M;            // steps, columns (batch x neurons): arrays are [T, M], row-major
    index_t begin, end;      // the columns of this call: threads share the work by columns
};

// The larger of a and floor. If a is NaN the result is NaN: bad input must be visible in the output, a clip must not hide it.
SNN_FN real larger(real a, real floor) { return a < floor ? floor : a; }

// s = 1 where u >= theta; with n_max > 1 as many spikes as thresholds fit into u, at most n_max
SNN_FN real fire(real u, real theta, real n_max) {
    if (n_max == real(1)) return u >= theta ? real(1) : real(0);
    real n = u / theta;
    n = n < n_max ? n : n_max;
    return u >= theta ? real((int)n) : real(0);
}

#if defined(__has_builtin)
  #if __has_builtin(__builtin_nontemporal_store) && !defined(__CUDACC__) && !defined(__wasm__)
    #define SNN_STREAM
  #endif
#endif

// True if the arrays are too large to stay in the caches. Then rows are stored past the caches (non-temporal stores), because a
// normal store first reads the cache line that it overwrites.
SNN_FN bool past_caches(const Scan& k) {
#if defined(SNN_STREAM)
    return k.T * k.M >= (index_t)1 << 20;
#else
    return false;
#endif
}

// The address at which a block computes a row: in the array itself, or in a buffer that put_row copies. An array that the caller
// does not need is null. The test for null is outside the loop over neurons: inside it the compiler would use masked stores, and
// a masked store to a null pointer does not fault but takes a hundred times longer.
SNN_FN real* row_of(const Scan& k, real* to, index_t row, real* buffer) {
#if defined(__CUDACC__)
    return buffer;                       // a register: an address that may be either would have to be in memory
#else
    return to && !past_caches(k) ? to + row : buffer;
#endif
}

SNN_FN void put_row(const Scan& k, real* to, index_t row, const real* from, index_t lanes) {
    if (!to) return;
#if !defined(__CUDACC__)
    if (!past_caches(k)) return;         // row_of gave the array itself: the row is already in its place
#endif
    index_t done = 0;
#if defined(SNN_STREAM)
    typedef real line __attribute__((vector_size(64)));
    const index_t wide = sizeof(line) / sizeof(real);
    if ((unsigned long long)(to + row) % sizeof(line) == 0)
        for (; done + wide <= lanes; done += wide)
            __builtin_nontemporal_store(*(const line*)(from + done), (line*)(to + row + done));
#endif
    for (index_t j = done; j < lanes; ++j) to[row + j] = from[j];
}

// Call after the last non-temporal store and before another thread reads the rows: such stores are not ordered with other stores
// until a fence.
SNN_FN void settle() {
#if defined(SNN_STREAM)
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

// Prefetch a row that is read soon. It lies more than a page away, and a processor's own prefetcher stops at the page.
SNN_FN void ask_for(const real* row, index_t lanes) {
#if !defined(__CUDACC__) && !defined(__wasm__)
    for (index_t j = 0; j < lanes; j += 64 / (index_t)sizeof(real)) __builtin_prefetch(row + j);
#endif
}

// The numbers of the columns of a row: evenly spaced, or from a list.
struct Along {
    index_t first, stride;
    SNN_FN unsigned at(index_t j) const { return (unsigned)(first + j * stride); }
};
struct Listed {
    const index_t* columns;
    index_t last;                        // what stands behind the last one is that one again
    SNN_FN unsigned at(index_t j) const { return (unsigned)columns[j < last ? j : last]; }
};

template <class Neuron>
SNN_FN void forward_scan(const Scan& k, const real* __restrict__ x, const real* __restrict__ initial, real* __restrict__ u,
                         real* __restrict__ s, real* __restrict__ trace, real* __restrict__ last) {
    SNN_FOR_TILES(i0, k) {
        const index_t rest = k.end - i0, lanes = rest < SNN_TILE ? rest : SNN_TILE;
        Neuron neuron[SNN_TILE];
        for (index_t j = 0; j < lanes; ++j) neuron[j].load(initial + i0 + j, k.M);
        for (index_t t = 0; t < k.T; ++t) SNN_FOR_BLOCKS(b0, n, lanes) {
            const index_t row = t * k.M + i0 + b0;
            SNN_ROW buffer_u[SNN_BLOCK], buffer_s[SNN_BLOCK], buffer_trace[SNN_BLOCK];
            real *membranes = row_of(k, u, row, buffer_u), *spikes = row_of(k, s, row, buffer_s);
            real* traces = row_of(k, trace, row, buffer_trace);
            if (t + 1 < k.T) ask_for(x + row + k.M, n);
            SNN_FOR_LANES(j, n) {
                Neuron& here = neuron[b0 + j];
                const real u_t = here.charge(k, x[row + j]);
                const real theta_t = Neuron::threshold(k, here.trace());
                const real s_t = Neuron::spikes(k, u_t, theta_t);
                membranes[j] = u_t;
                spikes[j] = s_t;
                traces[j] = here.trace();
                here.reset(k, u_t, theta_t, s_t);
            }
            put_row(k, u, row, membranes, n);
            put_row(k, s, row, spikes, n);
            put_row(k, trace, row, traces, n);
        }
        for (index_t j = 0; j < lanes; ++j) neuron[j].store(last + i0 + j, k.M);
    }
    settle();
}

struct Upstream { real s, u; };          // dL/ds[t] from the layer above, dL/du[t] from a loss on the recorded membrane

// The arguments of one step of an adjoint: the gradients that come in, and the values of the forward pass at this step. An
// absent gradient or trace is one row of zeros, read with a row stride of 0. before: v[t-1], the membrane at the beginning of the
// step, recomputed from u[t-1]; it is 0 unless the adjoint declares `reads_before`.
struct Step { Upstream grad; real u, trace, theta, s, ds_du, before; };

template <class Adjoint, class Derivative, bool Parameters>
SNN_FN void backward_scan(const Scan& k, const real* __restrict__ grad_s, index_t grad_s_row, const real* __restrict__ grad_u,
                          index_t grad_u_row, const real* __restrict__ u, const real* __restrict__ trace, index_t trace_row,
                          const real* __restrict__ initial, const real* __restrict__ grad_last, const real* __restrict__ given,
                          real* __restrict__ delta, real* __restrict__ grad_initial, real* __restrict__ grad_c,
                          real* __restrict__ ds_du, real* __restrict__ multiplier) {
    SNN_FOR_TILES(i0, k) {
        const index_t rest = k.end - i0, lanes = rest < SNN_TILE ? rest : SNN_TILE;
        Adjoint adjoint[SNN_TILE];
        typename Adjoint::Sums sums[Parameters ? SNN_TILE : 1] = {};
        for (index_t j = 0; j < lanes; ++j) adjoint[j].load(grad_last + i0 + j, k.M);
        for (index_t t = k.T - 1; t >= 0; --t) SNN_FOR_BLOCKS(b0, n, lanes) {
            const index_t i = i0 + b0, row = t * k.M + i;
            SNN_ROW margins[SNN_BLOCK], buffer_delta[SNN_BLOCK], buffer_slope[SNN_BLOCK], buffer_multiplier[SNN_BLOCK];
            SNN_ROW before[Adjoint::reads_before ? SNN_BLOCK : 1];
            real *deltas = row_of(k, delta, row, buffer_delta), *slopes = row_of(k, ds_du, row, buffer_slope);
            real* multipliers = row_of(k, multiplier, row, buffer_multiplier);
            if (t > 0) {
                ask_for(u + row - k.M, n);
                if (grad_s_row) ask_for(grad_s + (t - 1) * grad_s_row + i, n);
            }
            SNN_FOR_LANES(j, n) {
                const real u_t = u[row + j], theta_t = Adjoint::threshold(k, trace[t * trace_row + i + j]);
                const real v_t = Adjoint::after(k, u_t, theta_t, Adjoint::spikes(k, u_t, theta_t));
                margins[j] = (k.after_reset != 0 ? v_t : u_t) - theta_t;
            }
            Derivative::row(k, margins, given, t, Along{i, 1}, n, slopes);
            if (Adjoint::reads_before && t == 0) SNN_FOR_LANES(j, n) before[j] = initial[i + j];
            if (Adjoint::reads_before && t > 0) SNN_FOR_LANES(j, n) {
                const real u_t = u[row - k.M + j], theta_t = Adjoint::threshold(k, trace[(t - 1) * trace_row + i + j]);
                before[j] = Adjoint::after(k, u_t, theta_t, Adjoint::spikes(k, u_t, theta_t));
            }
            SNN_FOR_LANES(j, n) {
                Step e;
                e.grad.s = grad_s[t * grad_s_row + i + j];
                e.grad.u = grad_u[t * grad_u_row + i + j];
                e.u = u[row + j];
                e.trace = trace[t * trace_row + i + j];
                e.theta = Adjoint::threshold(k, e.trace);
                e.s = Adjoint::spikes(k, e.u, e.theta);
                e.ds_du = slopes[j];
                e.before = Adjoint::reads_before ? before[j] : real(0);
                typename Adjoint::Sums unused = {};
                deltas[j] = adjoint[b0 + j].step(k, e, Parameters ? sums[b0 + j] : unused, multipliers[j]);
            }
            put_row(k, delta, row, deltas, n);
            put_row(k, ds_du, row, slopes, n);
            put_row(k, multiplier, row, multipliers, n);
        }
        for (index_t j = 0; j < lanes; ++j) {
            adjoint[j].store(grad_initial + i0 + j, k.M);
            if (Parameters) sums[j].store(initial + i0 + j, grad_c + i0 + j, k.M);
        }
    }
    settle();
}

#define SNN_FORWARD(name, Neuron)                                                                                      \
    SNN_EXPORT name##_forward(Scan k, const real* x, const real* initial, real* u, real* s, real* trace, real* last) { \
        forward_scan<Neuron>(k, x, initial, u, s, trace, last);                                                        \
    }
#if defined(__wasm__)
  #define SNN_SUMS(grad_c) false          // a web page never needs dL/dc
#else
  #define SNN_SUMS(grad_c) (grad_c)
#endif
#define SNN_BACKWARD_ARRAYS                                                                                            \
    grad_s, grad_s_row, grad_u, grad_u_row, u, trace, trace_row, initial, grad_last, given, delta, grad_initial,       \
        grad_c, ds_du, multiplier
#define SNN_BACKWARD(name, Adjoint, derivative, Derivative)                                                            \
    SNN_EXPORT name##_backward_##derivative(                                                                           \
        Scan k, const real* grad_s, index_t grad_s_row, const real* grad_u, index_t grad_u_row, const real* u,         \
        const real* trace, index_t trace_row, const real* initial, const real* grad_last, const real* given,           \
        real* delta, real* grad_initial, real* grad_c, real* ds_du, real* multiplier) {                                \
        if (SNN_SUMS(grad_c)) backward_scan<Adjoint, Derivative, true>(k, SNN_BACKWARD_ARRAYS);                                  \
        else backward_scan<Adjoint, Derivative, false>(k, SNN_BACKWARD_ARRAYS);                                        \
    }
#endif
