// For each neuron of the sparse pass: one step back through time at an entry that is not listed, and the transposed filter.
#ifndef SNN_SPARSE_DECAY
#define SNN_SPARSE_DECAY
// A value that only decays becomes a denormal number, with which arithmetic can take a hundred times longer; 0 instead.
SNN_FN real flushed(real a) { return magnitude(a) < real(1e-37) ? real(0) : a; }

// back: the adjoint's step with ds_du = 0 and s = 0; returns delta. filter: from the input to the membrane without resets; as a
// matrix over time it is the transpose of `back`.
struct LifDecay {
    typedef Lif Neuron; typedef LifAdjoint Adjoint;
    real v;
    SNN_FN static real back(const Scan& k, LifAdjoint& a) {
        const real delta = a.v;
        a.v = flushed(k.c[0] * delta);
        return delta;
    }
    SNN_FN real filter(const Scan& k, real x) { return v = flushed(k.c[0] * v + x); }
};
struct CubaDecay {
    typedef Cuba Neuron; typedef CubaAdjoint Adjoint;
    real v, i;
    SNN_FN static real back(const Scan& k, CubaAdjoint& a) {
        const real di = a.v + a.i;
        a.v = flushed(k.c[0] * a.v);
        a.i = flushed(k.c[6] * di);
        return k.c[7] != 0 ? a.i : di;
    }
    SNN_FN real filter(const Scan& k, real x) {       // early decay: the effect already contains its factor alpha
        i = flushed(k.c[6] * i + x);
        return v = flushed(k.c[0] * v + i);
    }
};
struct AlifDecay {
    typedef Alif Neuron; typedef AlifAdjoint Adjoint;
    real v;
    SNN_FN static real back(const Scan& k, AlifAdjoint& a) {
        const real delta = a.v;
        a.v = flushed(k.c[0] * delta);
        a.b = flushed(k.c[3] * a.b);
        return delta;
    }
    SNN_FN real filter(const Scan& k, real x) { return v = flushed(k.c[0] * v + x); }
};
#endif
