// exp(x) from + - * alone: the same bits on every target, in float and in double, with no library. x = n ln 2 + r with
// abs(r) < 0.35, ln 2 in two parts of which the first has so few bits that n times it is exact; then Taylor's series up to
// r^13 (the rest is below 1e-17), times 2^n. For abs(x) <= 80: the caller clips. The torch twin: snnviz/neurons/exponential.py.
#ifndef SNN_EXPONENTIAL
#define SNN_EXPONENTIAL
#include "scan.cuh"

SNN_FN float power_of_two(int n, float) {
    union { unsigned bits; float value; } both;
    both.bits = (unsigned)(n + 127) << 23;
    return both.value;
}
SNN_FN double power_of_two(int n, double) {
    union { unsigned long long bits; double value; } both;
    both.bits = (unsigned long long)(n + 1023) << 52;
    return both.value;
}

SNN_FN real exponential(real x) {
    const int whole = (int)(x * real(1.4426950408889634) + real(1024.5)) - 1024;    // the sum is positive: (int) rounds down
    const real n = (real)whole;
    const real r = (x - n * real(0.693359375)) - n * real(-2.1219444005469058e-4);
    real p = real(1.0 / 6227020800.0);                                              // 1 / 13!
    p = p * r + real(1.0 / 479001600.0);
    p = p * r + real(1.0 / 39916800.0);
    p = p * r + real(1.0 / 3628800.0);
    p = p * r + real(1.0 / 362880.0);
    p = p * r + real(1.0 / 40320.0);
    p = p * r + real(1.0 / 5040.0);
    p = p * r + real(1.0 / 720.0);
    p = p * r + real(1.0 / 120.0);
    p = p * r + real(1.0 / 24.0);
    p = p * r + real(1.0 / 6.0);
    p = p * r + real(0.5);
    p = p * r + 1;
    p = p * r + 1;
    return p * power_of_two(whole, x);
}
#endif
