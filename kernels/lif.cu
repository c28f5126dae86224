#include "scan.cuh"
#include "spike_derivative.cuh"
// c = {beta, theta, amount, v_min, n_max, zero}:   u[t] = max(beta v[t-1] + x[t], v_min)
//                                                  v[t] = zero ? u[t] (1 - s[t]) : u[t] - amount s[t]
// IF is beta = 1; reset "none" is amount = 0.
struct Lif {
    real v;
    SNN_FN void load(const real* from, index_t) { v = from[0]; }
    SNN_FN void store(real* to, index_t) const { to[0] = v; }
    SNN_FN real charge(const Scan& k, real x) { return larger(k.c[0] * v + x, k.c[3]); }
    SNN_FN static real threshold(const Scan& k, real) { return k.c[1]; }
    SNN_FN static real spikes(const Scan& k, real u, real theta) { return fire(u, theta, k.c[4]); }
    SNN_FN static real after(const Scan& k, real u, real, real s) { return k.c[5] != 0 ? u * (1 - s) : u - k.c[2] * s; }
    SNN_FN void reset(const Scan& k, real u, real theta, real s) { v = after(k, u, theta, s); }
    SNN_FN real trace() const { return 0; }
};
// delta[t] = grad_s[t] ds_du[t] + grad_u[t] + dv dv_du,   dv = beta delta[t+1]
struct LifAdjoint : Lif {                 // its v is dL/dv[t]
    struct Sums {                         // dL/dc, summed over time; only where asked for
        real later, beta, theta, amount;  // later: delta[t+1]
        SNN_FN void store(const real* initial, real* grad_c, index_t M) const {
            grad_c[0] = beta + later * initial[0];
            grad_c[M] = theta;
            grad_c[2 * M] = amount;
        }
    };
    SNN_FN real step(const Scan& k, Step e, Sums& sum, real& multiplier) {
        const bool zero = k.c[5] != 0;
        const real dv = v, dv_ds = k.through_reset * (zero ? -e.u : -k.c[2]);
        const real dv_du = (zero ? 1 - k.mask_reset * e.s : 1) + dv_ds * e.ds_du;
        const real open = e.u > k.c[3] ? 1 : 0;
        const real delta = open * (e.grad.s * e.ds_du + e.grad.u + dv * dv_du);
        sum.beta += sum.later * after(k, e.u, e.theta, e.s);
        sum.theta -= (e.grad.s + dv * dv_ds) * e.ds_du;
        sum.amount -= zero ? 0 : dv * e.s;
        sum.later = delta;
        v = k.c[0] * delta;
        multiplier = open * k.c[0] * dv_du;
        return delta;
    }
};
SNN_NEURON(lif, Lif, LifAdjoint)
