#include "membrane.cuh"
#include "spike_derivative.cuh"
// c = {beta, theta, amount, v_min, n_max, zero}:   u[t] = max(beta v[t-1] + x[t], v_min),   v[t] as in membrane.cuh
// IF is beta = 1; reset "none" is amount = 0.
struct Lif : Membrane {
    SNN_FN void load(const real* from, index_t) { v = from[0]; }
    SNN_FN void store(real* to, index_t) const { to[0] = v; }
    SNN_FN real charge(const Scan& k, real x) { return charged(k, x); }
    SNN_FN real trace() const { return 0; }
};
struct LifAdjoint : Lif {
    SNN_FN real step(const Scan& k, Step e, Sums& sum, real& multiplier) { return back(k, e, sum, multiplier); }
};
SNN_NEURON(lif, Lif, LifAdjoint)
