// The words of CUDA C++ that the kernels use, for a C++ compiler: put before a kernel's text. runtime.h runs its threads.
#pragma once
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include <sys/mman.h>

#define __CUDACC__ 1
#define __global__
#define __device__
#define __host__
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __shared__ static __attribute__((section("emulated_shared")))   // one block runs at a time

struct Dim3 { unsigned x, y, z; };
static Dim3 threadIdx, blockIdx, blockDim, gridDim;

static void emulated_barrier(int line);
static unsigned emulated_ballot(int predicate, int line);
static unsigned long long emulated_shuffle_down(unsigned long long bits, int delta, int line);

#define __syncthreads() emulated_barrier(__LINE__)
#define __ballot_sync(mask, predicate) (check_mask(mask), emulated_ballot((predicate) ? 1 : 0, __LINE__))
#define __shfl_down_sync(mask, value, delta) (check_mask(mask), shuffled_down(value, delta, __LINE__))
#define __popcll(word) __builtin_popcountll(word)
#define __ffsll(word) __builtin_ffsll(word)

static inline __attribute__((always_inline)) void check_mask(unsigned mask) { if (mask != 0xFFFFFFFFu) abort(); }
template <class T>
static inline __attribute__((always_inline)) T shuffled_down(T value, int delta, int line) {
    unsigned long long bits = 0;
    __builtin_memcpy(&bits, &value, sizeof value);
    bits = emulated_shuffle_down(bits, delta, line);
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}
