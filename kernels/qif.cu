#include "nonlinear.cuh"
#include "spike_derivative.cuh"
// c = {beta, theta, v_reset, v_crit}:   tau dv/dt = -v (1 - v / v_crit), solved exactly over one step:
//     F(v) = beta v / room(v),   room(v) = 1 - (1 - beta) v / v_crit,  at least 1/64: there v escapes within the step
struct Quadratic {
    SNN_FN static real unbounded(const Scan& k, real v) { return 1 - (1 - k.c[0]) * (v / k.c[3]); }
    SNN_FN static real room(const Scan& k, real v) { return larger(unbounded(k, v), real(0.015625)); }
    SNN_FN static real value(const Scan& k, real v) { return k.c[0] * v / room(k, v); }
    SNN_FN static real slope(const Scan& k, real v) {
        const real d = room(k, v);
        return unbounded(k, v) > real(0.015625) ? k.c[0] / (d * d) : k.c[0] / d;
    }
    SNN_FN static real by_beta(const Scan& k, real v) {
        const real d = room(k, v);
        return unbounded(k, v) > real(0.015625) ? v * (1 - v / k.c[3]) / (d * d) : v / d;
    }
};
SNN_NEURON(qif, Nonlinear<Quadratic>, NonlinearAdjoint<Quadratic>)
