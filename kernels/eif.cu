#include "exponential.cuh"
#include "nonlinear.cuh"
#include "spike_derivative.cuh"
// c = {beta, theta, v_reset, v_soft, sharpness}:   F(v) = beta v + (1 - beta) sharpness (e(v) - e(0)),
//     e(v) = exp((v - v_soft) / sharpness), the exponent between -80 and 10: beyond 10 a spike follows in any case
struct Exponential {
    SNN_FN static real exponent(const Scan& k, real v) { return (v - k.c[3]) / k.c[4]; }
    SNN_FN static real e(const Scan& k, real v) {
        const real z = larger(exponent(k, v), -80);
        return exponential(z > 10 ? real(10) : z);
    }
    SNN_FN static real value(const Scan& k, real v) {
        return k.c[0] * v + (1 - k.c[0]) * k.c[4] * (e(k, v) - e(k, 0));
    }
    SNN_FN static real slope(const Scan& k, real v) {
        const real z = exponent(k, v);
        return k.c[0] + (z > -80 && z < 10 ? (1 - k.c[0]) * e(k, v) : real(0));
    }
    SNN_FN static real by_beta(const Scan& k, real v) { return v - k.c[4] * (e(k, v) - e(k, 0)); }
};
SNN_NEURON(eif, Nonlinear<Exponential>, NonlinearAdjoint<Exponential>)
