// A membrane whose step is any function F, and its adjoint: QIF and EIF. c = {beta, theta, v_reset, ...}
//     u[t] = F(v[t-1]) + x[t],   v[t] = s[t] ? v_reset : u[t]
// Flow is the neuron's own: value(k, v) = F(v), slope(k, v) = dF/dv, by_beta(k, v) = dF/dbeta.
#ifndef SNN_NONLINEAR
#define SNN_NONLINEAR
#include "scan.cuh"

template <class Flow>
struct Nonlinear {
    real v;
    SNN_FN void load(const real* from, index_t) { v = from[0]; }
    SNN_FN void store(real* to, index_t) const { to[0] = v; }
    SNN_FN real charge(const Scan& k, real x) const { return Flow::value(k, v) + x; }
    SNN_FN static real threshold(const Scan& k, real) { return k.c[1]; }
    SNN_FN static real spikes(const Scan&, real u, real theta) { return u >= theta ? real(1) : real(0); }
    SNN_FN static real after(const Scan& k, real u, real, real s) { return u * (1 - s) + k.c[2] * s; }
    SNN_FN void reset(const Scan& k, real u, real theta, real s) { v = after(k, u, theta, s); }
    SNN_FN real trace() const { return 0; }
};

template <class Flow>
struct NonlinearAdjoint : Nonlinear<Flow> {      // its v is dL/dv[t]
    static const bool reads_before = true;
    struct Sums {
        real beta, theta;
        SNN_FN void store(const real*, real* grad_c, index_t M) const { grad_c[0] = beta; grad_c[M] = theta; }
    };
    // delta[t] = grad_s[t] ds_du[t] + grad_u[t] + dv dv_du,   dv = F'(v[t]) delta[t+1]
    SNN_FN real step(const Scan& k, Step e, Sums& sum, real& multiplier) {
        const real dv = this->v, dv_ds = k.through_reset * (k.c[2] - e.u);
        const real dv_du = 1 - k.mask_reset * e.s + dv_ds * e.ds_du;
        const real delta = e.grad.s * e.ds_du + e.grad.u + dv * dv_du;
        const real slope = Flow::slope(k, e.before);
        sum.beta += delta * Flow::by_beta(k, e.before);
        sum.theta -= (e.grad.s + dv * dv_ds) * e.ds_du;
        this->v = slope * delta;
        multiplier = slope * dv_du;
        return delta;
    }
};
#endif
