#include "scan.cuh"
#include "spike_derivative.cuh"
// c = {beta}:   u[t] = beta v[t-1] + x[t],   v[t] = u[t].   A readout: it never fires.
struct Leaky {
    real v;
    SNN_FN void load(const real* from, index_t) { v = from[0]; }
    SNN_FN void store(real* to, index_t) const { to[0] = v; }
    SNN_FN real charge(const Scan& k, real x) { return k.c[0] * v + x; }
    SNN_FN static real threshold(const Scan&, real) { return 0; }
    SNN_FN static real spikes(const Scan&, real, real) { return 0; }
    SNN_FN static real after(const Scan&, real u, real, real) { return u; }
    SNN_FN void reset(const Scan&, real u, real, real) { v = u; }
    SNN_FN real trace() const { return 0; }
};
struct LeakyAdjoint : Leaky {             // its v is dL/dv[t]
    static const bool reads_before = false;
    struct Sums {
        real later, beta;
        SNN_FN void store(const real* initial, real* grad_c, index_t) const { grad_c[0] = beta + later * initial[0]; }
    };
    SNN_FN real step(const Scan& k, Step e, Sums& sum, real& multiplier) {
        const real delta = e.grad.u + v;
        sum.beta += sum.later * e.u;
        sum.later = delta;
        v = k.c[0] * delta;
        multiplier = k.c[0];
        return delta;
    }
};
struct Never {
    template <class Where>
    SNN_FN static void row(const Scan&, const real*, const real*, index_t, Where, index_t lanes, real* slopes) {
        SNN_FOR_LANES(j, lanes) slopes[j] = 0;
    }
};
SNN_FORWARD(leaky, Leaky)
SNN_BACKWARD(leaky, LeakyAdjoint, never, Never)
