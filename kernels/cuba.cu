#include "membrane.cuh"
#include "spike_derivative.cuh"
// c = {beta, theta, amount, v_min, n_max, zero, alpha, early}:  i[t] = early ? alpha (i[t-1] + x[t]) : alpha i[t-1] + x[t]
//                                                               u[t] = max(beta v[t-1] + i[t], v_min),  v[t] as in membrane.cuh
struct Cuba : Membrane {
    real i;
    SNN_FN void load(const real* from, index_t M) { v = from[0]; i = from[M]; }
    SNN_FN void store(real* to, index_t M) const { to[0] = v; to[M] = i; }
    SNN_FN real charge(const Scan& k, real x) {
        i = k.c[7] != 0 ? k.c[6] * (i + x) : k.c[6] * i + x;
        return charged(k, i);
    }
    SNN_FN real trace() const { return i; }
};
// di[t] = delta[t] + alpha di[t+1];   dx[t] = early ? alpha di[t] : di[t]
struct CubaAdjoint : Cuba {               // its i is what the later steps add to dL/di[t]
    struct Sums : Membrane::Sums {
        real later_di, alpha;
        SNN_FN void store(const real* initial, real* grad_c, index_t M) const {
            Membrane::Sums::store(initial, grad_c, M);
            grad_c[3 * M] = alpha + later_di * initial[M];
        }
    };
    SNN_FN real step(const Scan& k, Step e, Sums& sum, real& multiplier) {
        const bool early = k.c[7] != 0;
        const real di = back(k, e, sum, multiplier) + i;
        sum.alpha += early ? (k.c[6] > 0 ? di * e.trace / k.c[6] : real(0)) : sum.later_di * e.trace;
        sum.later_di = early ? 0 : di;
        i = k.c[6] * di;
        return early ? i : di;
    }
};
SNN_NEURON(cuba, Cuba, CubaAdjoint)
