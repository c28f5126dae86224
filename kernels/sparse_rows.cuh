// Macros with which one source text runs a job of the sparse pass as a block of 128 threads on a GPU and as loops in C++: rows
// of 128 columns and masks of two 64-bit words. Then `Sparse`, the arguments that all calls share.
#ifndef SNN_SPARSE_ROWS
#define SNN_SPARSE_ROWS
typedef unsigned long long bits_t;
typedef unsigned char byte_t;
#define SNN_WIDE 128                                   // columns of a tile: two words of 64 bits; a place in it needs 7 bits

#if defined(__CUDACC__)
  #define SNN_JOBS(job, k) for (index_t job = (k).begin + blockIdx.x; job < (k).end; job += gridDim.x)
  #define SNN_TILE_ROW(type, name) __shared__ type name[SNN_WIDE]
  #define SNN_LANES(j) for (index_t j = threadIdx.x; j < SNN_WIDE; j += SNN_WIDE)
  #define SNN_EACH(q, n) for (index_t q = threadIdx.x; q < (n); q += SNN_WIDE)
  #define SNN_EACH_WARP(q, from, to) for (index_t q = (from) + (threadIdx.x >> 5); q < (to); q += SNN_WIDE / 32)
  #define SNN_SYNC __syncthreads()
  #define SNN_COUNT(word) __popcll(word)
  #define SNN_LOWEST(word) (__ffsll((long long)(word)) - 1)
  #define SNN_MASK(mask, j, condition)                                                                 \
      __shared__ bits_t mask[2];                                                                       \
      {                                                                                                \
          const index_t j = threadIdx.x;                                                               \
          const unsigned word_ = __ballot_sync(0xFFFFFFFFu, condition);                                \
          __syncthreads();                                                                             \
          if ((j & 31) == 0) ((unsigned*)mask)[j >> 5] = word_;                                        \
          __syncthreads();                                                                             \
      }
  #define SNN_WORD(mask, j) ((j) < 64 ? mask[0] : mask[1])    // not mask[j >> 6]: that needs an array in memory, not registers
  #define SNN_EACH_SET(mask, j, rank)                                                                  \
      for (index_t j = threadIdx.x, once_ = 1; once_ && (SNN_WORD(mask, j) >> (j & 63) & 1); once_ = 0) \
          for (index_t rank = (j < 64 ? 0 : SNN_COUNT(mask[0]))                                        \
                   + SNN_COUNT(SNN_WORD(mask, j) & ((bits_t(1) << (j & 63)) - 1)), two_ = 1; two_; two_ = 0)
  #define SNN_NOINLINE __device__ __noinline__
  #define SNN_BY_VALUE const __grid_constant__           // its address may be passed on: without it a thread copies the struct
#else
  #define SNN_JOBS(job, k) for (index_t job = (k).begin; job < (k).end; ++job)
  #define SNN_TILE_ROW(type, name) type name[SNN_WIDE]
  #define SNN_LANES(j) _Pragma("omp simd") for (index_t j = 0; j < SNN_WIDE; ++j)
  #define SNN_EACH(q, n) for (index_t q = 0; q < (n); ++q)
  #define SNN_EACH_WARP(q, from, to) for (index_t q = (from); q < (to); ++q)
  #define SNN_SYNC
  #define SNN_COUNT(word) __builtin_popcountll(word)
  #define SNN_LOWEST(word) __builtin_ctzll(word)
  #define SNN_MASK(mask, j, condition)                                                                 \
      bits_t mask[2] = {0, 0};                                                                         \
      {                                                                                                \
          byte_t flags_[SNN_WIDE];                                                                     \
          SNN_LANES(j) flags_[j] = condition;                                                          \
          packed_bits(flags_, mask);                                                                   \
      }
  #define SNN_EACH_SET(mask, j, rank)                                                                  \
      for (index_t w_ = 0, rank = 0; w_ < 2; ++w_)                                                     \
          for (bits_t rest_ = mask[w_]; rest_; rest_ &= rest_ - 1, ++rank)                             \
              for (index_t j = 64 * w_ + SNN_LOWEST(rest_), once_ = 1; once_; once_ = 0)
  #define SNN_NOINLINE __attribute__((noinline)) static
  #define SNN_BY_VALUE
#endif

struct Sparse {
    Scan k;                              // k.begin, k.end: the jobs of this call
    index_t batch, inputs, columns;      // B, N_in, N; k.M = B N
    index_t capacity;                    // the number of entries for which the lists have memory
    index_t from, samples;               // a dense array holds `samples` samples of the batch, the first is `from`
    index_t derivative;                  // its number in SNN_DERIVATIVES
    index_t keep_spikes;                 // 1: spikes are listed too
    real reach;                          // ds_du is 0 wherever abs(margin) >= reach
};

SNN_FN index_t tiles_of(index_t columns) { return (columns + SNN_WIDE - 1) / SNN_WIDE; }

#if !defined(__CUDACC__)
// Packs 128 flags (bytes of 0 or 1) into bits: by one instruction where the compiler has vectors of bits, else eight flags with
// one multiplication.
SNN_FN void packed_bits(const byte_t* flags, bits_t* mask) {
    for (int w = 0; w < 2; ++w) {
#if defined(__clang__) && __clang_major__ >= 15
        typedef byte_t bytes_t __attribute__((ext_vector_type(64), aligned(1)));
        typedef bool flags_t __attribute__((ext_vector_type(64)));
        const flags_t set = __builtin_convertvector(*(const bytes_t*)(flags + 64 * w) != 0, flags_t);
        __builtin_memcpy(mask + w, &set, 8);
#else
        bits_t word = 0;
        for (int byte = 0; byte < 8; ++byte) {
            bits_t eight;
            __builtin_memcpy(&eight, flags + 64 * w + 8 * byte, 8);
            word |= (eight * 0x0102040810204080ull >> 56) << (8 * byte);
        }
        mask[w] = word;
#endif
    }
}

// The bits of up to 128 numbers that are 0 or 1; false if there are others, then they are not written.
template <class Number>
SNN_FN bool spikes_of_row(const Number* row, index_t lanes, bits_t* mask) {
    alignas(64) byte_t flags[SNN_WIDE] = {};
    int others = 0;
    _Pragma("omp simd reduction(| : others)") for (index_t j = 0; j < lanes; ++j) {
        flags[j] = row[j] != 0;
        others |= (row[j] != 0) & (row[j] != 1);
    }
    if (others) return false;
    packed_bits(flags, mask);
    return true;
}
#endif
#endif
