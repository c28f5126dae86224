#include "scan.cuh"
#include "spike_derivative.cuh"
// c = {beta, theta, kappa, rho, v_min, zero, amount}:  B[t] = theta + kappa b[t],   b[t+1] = rho b[t] + (1 - rho) s[t]
//                                                      u[t] = max(beta v[t-1] + x[t], v_min)
//                                                      v[t] = zero ? u[t] (1 - s[t]) : u[t] - amount B[t] s[t]
struct Alif {
    real v, b;
    SNN_FN void load(const real* from, index_t M) { v = from[0]; b = from[M]; }
    SNN_FN void store(real* to, index_t M) const { to[0] = v; to[M] = b; }
    SNN_FN real charge(const Scan& k, real x) { return larger(k.c[0] * v + x, k.c[4]); }
    SNN_FN static real threshold(const Scan& k, real b) { return k.c[1] + k.c[2] * b; }
    SNN_FN static real spikes(const Scan&, real u, real theta) { return u >= theta ? real(1) : real(0); }
    SNN_FN static real after(const Scan& k, real u, real theta, real s) {
        return k.c[5] != 0 ? u * (1 - s) : u - k.c[6] * theta * s;
    }
    SNN_FN void reset(const Scan& k, real u, real theta, real s) {
        v = after(k, u, theta, s);
        b = k.c[3] * b + (1 - k.c[3]) * s;
    }
    SNN_FN real trace() const { return b; }
};
// The margin u - B carries the gradient of the spike; it reaches u directly and b through the threshold.
struct AlifAdjoint : Alif {               // its v and b are dL/dv[t] and dL/db[t+1]
    static const bool reads_before = false;
    struct Sums {
        real later, beta, theta, kappa, rho;
        SNN_FN void store(const real* initial, real* grad_c, index_t M) const {
            grad_c[0] = beta + later * initial[0];
            grad_c[M] = theta;
            grad_c[2 * M] = kappa;
            grad_c[3 * M] = rho;
        }
    };
    SNN_FN real step(const Scan& k, Step e, Sums& sum, real& multiplier) {
        const bool zero = k.c[5] != 0;
        const real dv = v, db = b, dv_ds = zero ? -e.u : -k.c[6] * e.theta;
        const real by_spike = k.through_adaptation * ((1 - k.c[3]) * db) + k.through_reset * (dv * dv_ds);
        const real dmargin = e.ds_du * (e.grad.s + by_spike);
        const real mask = zero ? 1 - k.mask_reset * e.s : 1;
        const real open = e.u > k.c[4] ? 1 : 0;
        const real delta = open * (dmargin + e.grad.u + dv * mask);
        const real dtheta = -dmargin - (zero ? 0 : k.c[6] * e.s * dv);
        sum.beta += sum.later * after(k, e.u, e.theta, e.s);
        sum.theta += dtheta;
        sum.kappa += dtheta * e.trace;
        sum.rho += db * (e.trace - e.s);
        sum.later = delta;
        v = k.c[0] * delta;
        b = k.c[3] * db + k.c[2] * dtheta;
        multiplier = open * k.c[0] * (mask + k.through_reset * dv_ds * e.ds_du);
        return delta;
    }
};
SNN_NEURON(alif, Alif, AlifAdjoint)
