#include "scan.cuh"
#include "spike_derivative.cuh"
// c = {beta, theta, amount, v_min, n_max, zero, alpha, early}:  i[t] = early ? alpha (i[t-1] + x[t]) : alpha i[t-1] + x[t]
//                                                               u[t] = max(beta v[t-1] + i[t], v_min),  v[t] as in lif.cu
struct Cuba {
    real v, i;
    SNN_FN void load(const real* from, index_t M) { v = from[0]; i = from[M]; }
    SNN_FN void store(real* to, index_t M) const { to[0] = v; to[M] = i; }
    SNN_FN real charge(const Scan& k, real x) {
        i = k.c[7] != 0 ? k.c[6] * (i + x) : k.c[6] * i + x;
        return larger(k.c[0] * v + i, k.c[3]);
    }
    SNN_FN static real threshold(const Scan& k, real) { return k.c[1]; }
    SNN_FN static real spikes(const Scan& k, real u, real theta) { return fire(u, theta, k.c[4]); }
    SNN_FN static real after(const Scan& k, real u, real, real s) { return k.c[5] != 0 ? u * (1 - s) : u - k.c[2] * s; }
    SNN_FN void reset(const Scan& k, real u, real theta, real s) { v = after(k, u, theta, s); }
    SNN_FN real trace() const { return i; }
};
// di[t] = delta[t] + alpha di[t+1];   dx[t] = early ? alpha di[t] : di[t]
struct CubaAdjoint : Cuba {               // its v and i are dL/dv[t] and the later steps' dL/di[t]
    struct Sums {
        real later, later_di, beta, theta, amount, alpha;
        SNN_FN void store(const real* initial, real* grad_c, index_t M) const {
            grad_c[0] = beta + later * initial[0];
            grad_c[M] = theta;
            grad_c[2 * M] = amount;
            grad_c[3 * M] = alpha + later_di * initial[M];
        }
    };
    SNN_FN real step(const Scan& k, Step e, Sums& sum, real& multiplier) {
        const bool zero = k.c[5] != 0, early = k.c[7] != 0;
        const real dv = v, dv_ds = k.through_reset * (zero ? -e.u : -k.c[2]);
        const real dv_du = (zero ? 1 - k.mask_reset * e.s : 1) + dv_ds * e.ds_du;
        const real open = e.u > k.c[3] ? 1 : 0;
        const real delta = open * (e.grad.s * e.ds_du + e.grad.u + dv * dv_du);
        const real di = delta + i;
        sum.beta += sum.later * after(k, e.u, e.theta, e.s);
        sum.theta -= (e.grad.s + dv * dv_ds) * e.ds_du;
        sum.amount -= zero ? 0 : dv * e.s;
        sum.alpha += early ? (k.c[6] > 0 ? di * e.trace / k.c[6] : real(0)) : sum.later_di * e.trace;
        sum.later = delta;
        sum.later_di = early ? 0 : di;
        v = k.c[0] * delta;
        i = k.c[6] * di;
        multiplier = open * k.c[0] * dv_du;
        return early ? i : di;
    }
    SNN_FN void store(real* to, index_t M) const { to[0] = v; to[M] = i; }
};
SNN_NEURON(cuba, Cuba, CubaAdjoint)
