// The membrane of LIF, IF and CUBA-LIF, and its adjoint: what charges it is the neuron's own affair.
//     v[t] = zero ? u[t] (1 - s[t]) : u[t] - amount s[t],   c = {beta, theta, amount, v_min, n_max, zero, ...}
#ifndef SNN_MEMBRANE
#define SNN_MEMBRANE
#include "scan.cuh"

struct Membrane {
    static const bool reads_before = false;
    real v;                               // on the way back dL/dv[t]
    SNN_FN real charged(const Scan& k, real x) const { return larger(k.c[0] * v + x, k.c[3]); }
    SNN_FN static real threshold(const Scan& k, real) { return k.c[1]; }
    SNN_FN static real spikes(const Scan& k, real u, real theta) { return fire(u, theta, k.c[4]); }
    SNN_FN static real after(const Scan& k, real u, real, real s) { return k.c[5] != 0 ? u * (1 - s) : u - k.c[2] * s; }
    SNN_FN void reset(const Scan& k, real u, real theta, real s) { v = after(k, u, theta, s); }

    struct Sums {                         // dL/dc, summed over time; only where asked for
        real later, beta, theta, amount;  // later: delta[t+1]
        SNN_FN void store(const real* initial, real* grad_c, index_t M) const {
            grad_c[0] = beta + later * initial[0];
            grad_c[M] = theta;
            grad_c[2 * M] = amount;
        }
    };
    // delta[t] = grad_s[t] ds_du[t] + grad_u[t] + dv dv_du,   dv = beta delta[t+1]
    SNN_FN real back(const Scan& k, Step e, Sums& sum, real& multiplier) {
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
#endif
