#include "scan.cuh"
// c = {a, b, c, d, dt}, millivolts and milliseconds, for simulation only (Izhikevich 2003). Two half steps for v:
//   v += dt/2 (0.04 v^2 + 5 v + 140 - w + x) twice,   w += dt a (b v - w);   at v >= 30 mV: v = c, w += d
struct Izhikevich {
    real v, w;
    SNN_FN void load(const real* from, index_t M) { v = from[0]; w = from[M]; }
    SNN_FN void store(real* to, index_t M) const { to[0] = v; to[M] = w; }
    SNN_FN real half(const Scan& k, real x) const {
        return v + real(0.5) * k.c[4] * (((real(0.04) * v + 5) * v + 140) - w + x);
    }
    SNN_FN real charge(const Scan& k, real x) {
        v = half(k, x);
        v = half(k, x);
        w = w + k.c[4] * k.c[0] * (k.c[1] * v - w);
        return v;
    }
    SNN_FN static real threshold(const Scan&, real) { return 30; }
    SNN_FN static real spikes(const Scan&, real u, real theta) { return u >= theta ? real(1) : real(0); }
    SNN_FN void reset(const Scan& k, real u, real, real s) {
        v = s != 0 ? k.c[2] : u;
        w = w + k.c[3] * s;
    }
    SNN_FN real trace() const { return w; }
};
SNN_FORWARD(izhikevich, Izhikevich)
