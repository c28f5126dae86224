// Runs a kernel as a GPU would: block after block, each thread a fiber with a stack of its own; fibers meet at barriers, and the
// lanes of a warp at ballots and shuffles. Put behind a kernel's text, in the same unit.
//
// With EMULATED_CHECKS the kernel's loads and stores arrive at the functions that -fsanitize=thread calls, and every one is
// looked at: is it inside an array of the launch or the block's shared memory (else it is out of bounds), was shared memory
// written before (else it is not initialised), and has another thread touched the place since the last barrier, or another
// block in this launch, one of them writing (a race)?

#define UNCHECKED __attribute__((no_sanitize("thread"), noinline))

enum { WARP = 32, MOST_THREADS = 1024, STACK = 64 << 10, MOST_ARRAYS = 32 };
enum State { READY, AT_BARRIER, AT_WARP, DONE };

struct Fiber {
    void* sp;
    State state;
    int line;                            // where it waits; negative: after a ballot or shuffle, before the next
    unsigned long long slot;             // what it hands to the lanes of its warp
};

static Fiber fibers[MOST_THREADS];
static char* stacks;
static void* main_sp;
static int current = -1, threads;
static bool in_fiber;
static unsigned interval;                // number of barriers this block has passed
static void (*kernel)(void**);
static void** kernel_arguments;
static char message[4096];
static unsigned random_state = 1;
extern "C" char __start_emulated_shared[] __attribute__((weak, visibility("hidden")));
extern "C" char __stop_emulated_shared[] __attribute__((weak, visibility("hidden")));

extern "C" __attribute__((visibility("hidden"))) void emulated_switch(void** save, void* load);
asm(R"(
.text
.globl emulated_switch
.hidden emulated_switch
emulated_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
)");

template <class... A>
UNCHECKED static void complain(const char* format, A... a) {
    const size_t n = strlen(message);
    if (n < sizeof message - 300) snprintf(message + n, sizeof message - n, format, a...);
}

UNCHECKED static void begin_thread() {
    kernel(kernel_arguments);
    fibers[current].state = DONE;
    emulated_switch(&fibers[current].sp, main_sp);
    abort();
}

UNCHECKED static void wait(State state, int line) {
    Fiber& f = fibers[current];
    f.state = state;
    f.line = line;
    emulated_switch(&f.sp, main_sp);
}

UNCHECKED static void emulated_barrier(int line) { wait(AT_BARRIER, line); }

UNCHECKED static unsigned emulated_ballot(int predicate, int line) {
    const int first = current & ~(WARP - 1);
    fibers[current].slot = predicate;
    wait(AT_WARP, line);
    unsigned out = 0;
    for (int lane = 0; lane < WARP && first + lane < threads; ++lane) out |= (unsigned)(fibers[first + lane].slot & 1) << lane;
    wait(AT_WARP, -line);                // nobody overwrites a slot before all have read it
    return out;
}

UNCHECKED static unsigned long long emulated_shuffle_down(unsigned long long bits, int delta, int line) {
    const int lane = current % WARP;
    fibers[current].slot = bits;
    wait(AT_WARP, line);
    const unsigned long long out = lane + delta < WARP ? fibers[current + delta].slot : bits;
    wait(AT_WARP, -line);
    return out;
}

// Lets the warps go on whose lanes all wait at one place. Returns whether one did.
UNCHECKED static bool release_warps() {
    bool released = false;
    for (int first = 0; first < threads; first += WARP) {
        const int lanes = threads - first < WARP ? threads - first : WARP;
        int waiting = 0, ready = 0, line = 0;
        bool same = true;
        for (int i = first; i < first + lanes; ++i) {
            ready += fibers[i].state == READY;
            if (fibers[i].state != AT_WARP) continue;
            if (!waiting++) line = fibers[i].line;
            same &= fibers[i].line == line;
        }
        if (waiting == WARP && same) {
            for (int i = first; i < first + lanes; ++i) fibers[i].state = READY;
            released = true;
        } else if (waiting && !ready)
            complain("a ballot or shuffle at line %d is reached by %d of %d lanes\n", line < 0 ? -line : line, same ? waiting : -1, WARP);
    }
    return released;
}

UNCHECKED static bool release_barrier() {
    int done = 0, waiting = 0, line = 0;
    bool same = true;
    for (int i = 0; i < threads; ++i) {
        done += fibers[i].state == DONE;
        if (fibers[i].state != AT_BARRIER) continue;
        if (!waiting++) line = fibers[i].line;
        same &= fibers[i].line == line;
    }
    if (!waiting || waiting + done < threads) return false;
    if (done) complain("__syncthreads at line %d is reached by %d of %d threads; the others have returned\n", line, waiting, threads);
    if (!same) complain("threads wait at different __syncthreads (line %d and others)\n", line);
    for (int i = 0; i < threads; ++i) if (fibers[i].state == AT_BARRIER) fibers[i].state = READY;
    ++interval;
    return true;
}

enum Order { FORWARD, BACKWARD, RANDOM };

UNCHECKED static int place(Order order, int* shuffled, int i) {
    return order == FORWARD ? i : order == BACKWARD ? threads - 1 - i : shuffled[i];
}

UNCHECKED static bool run_block(Order order) {
    static int shuffled[MOST_THREADS];
    for (int i = 0; i < threads; ++i) {
        void** sp = (void**)(stacks + (size_t)(i + 1) * STACK - 64);
        *--sp = nullptr;                 // a call leaves the stack 8 bytes off a multiple of 16
        *--sp = (void*)begin_thread;
        for (int k = 0; k < 6; ++k) *--sp = nullptr;
        fibers[i] = {sp, READY, 0, 0};
        shuffled[i] = i;
    }
    interval = 0;
    for (;;) {
        if (order == RANDOM) for (int i = threads - 1; i > 0; --i) {
            random_state = random_state * 1664525u + 1013904223u;
            const int j = (random_state >> 8) % (i + 1), kept = shuffled[i];
            shuffled[i] = shuffled[j];
            shuffled[j] = kept;
        }
        int done = 0;
        for (int n = 0; n < threads; ++n) {
            const int i = place(order, shuffled, n);
            if (fibers[i].state == READY) {
                current = i;
                threadIdx = {(unsigned)i, 0, 0};
                in_fiber = true;
                emulated_switch(&main_sp, fibers[i].sp);
                in_fiber = false;
            }
            done += fibers[i].state == DONE;
        }
        if (message[0]) return false;
        if (done == threads) return true;
        if (!release_warps() && !release_barrier()) complain("the block cannot go on: %d of %d threads have returned\n", done, threads);
        if (message[0]) return false;
    }
}

// The kernels' parameters ------------------------------------------------------------------------------------------------

template <class T> struct Parameter { enum { POINTER = 0, SIZE = sizeof(T) }; };
template <class T> struct Parameter<T*> { enum { POINTER = 1, SIZE = sizeof(T) }; };
template <int... I> struct Numbers {};
template <int N, int... I> struct Count : Count<N - 1, N - 1, I...> {};
template <int... I> struct Count<0, I...> { typedef Numbers<I...> Type; };

template <class... A, int... I>
__attribute__((no_sanitize("thread"))) static void call_with(void (*f)(A...), void** a, Numbers<I...>) { f(*(A*)a[I]...); }
template <class... A>
__attribute__((no_sanitize("thread"))) static void call(void (*f)(A...), void** a) {
    call_with(f, a, typename Count<sizeof...(A)>::Type());
}
// Writes for each parameter the size of the value, or minus the size of what the pointer points at; returns their number.
template <class... A>
__attribute__((no_sanitize("thread"))) static int parameters(void (*)(A...), int* sizes) {
    const int all[] = {(Parameter<A>::POINTER ? -1 : 1) * (int)Parameter<A>::SIZE...};
    for (unsigned i = 0; i < sizeof...(A); ++i) sizes[i] = all[i];
    return sizeof...(A);
}
#define EMULATED_ENTRY(name)                                                                                                       \
    extern "C" __attribute__((visibility("default"), no_sanitize("thread"))) void run_##name(void** a) { call(name, a); }          \
    extern "C" __attribute__((visibility("default"), no_sanitize("thread"))) int parameters_##name(int* sizes) {                   \
        return parameters(name, sizes);                                                                                            \
    }

// Checks -----------------------------------------------------------------------------------------------------------------

struct Array { uintptr_t begin, end; long grain; };       // grain: bytes per cell of its shadow

#if defined(EMULATED_CHECKS)
struct Cell {
    unsigned launch, block, interval, writing_block;      // who touched it last; 0: nobody, else + 1
    short writer, reader;
    bool many, written;
};
static Array arrays[MOST_ARRAYS + 1];                     // the last one is shared memory
static Cell* shadows[MOST_ARRAYS + 1];
static long cells[MOST_ARRAYS + 1];
static int array_count;
static unsigned launches, blocks;
static int reports[8];
extern "C" char __ehdr_start[] __attribute__((visibility("hidden")));
extern "C" char _end[] __attribute__((visibility("hidden")));

UNCHECKED static void shadow(int slot, Array array) {
    const long n = (long)(array.end - array.begin) / array.grain + 1;
    if (n > cells[slot]) {
        free(shadows[slot]);
        shadows[slot] = (Cell*)calloc(n, sizeof(Cell));
        cells[slot] = n;
    }
    arrays[slot] = array;
}

UNCHECKED static void report(int kind, const char* what, int slot, uintptr_t offset, int other) {
    if (reports[kind]++ > 2) return;
    complain("%s: block %u, thread %d", what, blockIdx.x, current);
    if (other >= 0) complain(" and %d", other);
    if (slot == MOST_ARRAYS) complain(", shared memory, byte %ld", (long)offset);
    else if (slot >= 0) complain(", array %d, byte %ld", slot, (long)offset);
    complain(", after %d barriers\n", interval);
}

UNCHECKED static void look(void* at, long size, bool write) {
    if (!in_fiber) return;
    const uintptr_t p = (uintptr_t)at, own = (uintptr_t)stacks + (uintptr_t)current * STACK;
    if (p >= own && p < own + STACK) return;
    int slot = -1;
    for (int i = 0; i < array_count; ++i) if (p >= arrays[i].begin && p + size <= arrays[i].end) slot = i;
    const Array& shared = arrays[MOST_ARRAYS];
    if (p >= shared.begin && p + size <= shared.end) slot = MOST_ARRAYS;
    if (slot < 0) {
        if (p >= (uintptr_t)__ehdr_start && p < (uintptr_t)_end && (!write || p == (uintptr_t)&threadIdx)) return;   // constants
        int near = -1;
        for (int i = 0; i < array_count; ++i) if (p + 4096 >= arrays[i].begin && p < arrays[i].end + 4096) near = i;
        report(0, write ? "out of bounds, written" : "out of bounds, read", near, near < 0 ? 0 : p - arrays[near].begin, -1);
        return;
    }
    const Array& a = arrays[slot];
    const unsigned block = slot == MOST_ARRAYS ? blocks : blockIdx.x + 1;
    for (uintptr_t place = (p - a.begin) / a.grain; place * a.grain < p + size - a.begin; ++place) {
        Cell& c = shadows[slot][place];
        if (c.launch != launches || (slot == MOST_ARRAYS && c.block != block)) c = {launches, 0, 0, 0, -1, -1, false, false};
        if (slot == MOST_ARRAYS && !write && !c.written) report(1, "not initialised, read", slot, place * a.grain, -1);
        if (c.block && c.block != block) {                // between blocks nothing is ordered
            if (write) report(2, "race of two blocks", slot, place * a.grain, -1);
            else if (c.writing_block && c.writing_block != block) report(3, "race of two blocks", slot, place * a.grain, -1);
        }
        if (c.block != block || c.interval != interval) {
            c.block = block;
            c.interval = interval;
            c.writer = c.reader = -1;
            c.many = false;
        }
        if (write) {
            if (c.writer >= 0 && c.writer != current) report(4, "race, both write", slot, place * a.grain, c.writer);
            if (c.reader >= 0 && (c.reader != current || c.many)) report(5, "race, written after a read", slot, place * a.grain, c.reader);
            c.writer = current;
            c.writing_block = block;
            c.written = true;
        } else {
            if (c.writer >= 0 && c.writer != current) report(6, "race, read after a write", slot, place * a.grain, c.writer);
            c.many |= c.reader >= 0 && c.reader != current;
            c.reader = current;
        }
    }
}

#define HEARD extern "C" __attribute__((visibility("hidden"))) UNCHECKED
HEARD void __tsan_init() {}
HEARD void __tsan_func_entry(void*) {}
HEARD void __tsan_func_exit() {}
#define LOOK_AT(n)                                                                   \
    HEARD void __tsan_read##n(void* p) { look(p, n, false); }                        \
    HEARD void __tsan_write##n(void* p) { look(p, n, true); }                        \
    HEARD void __tsan_unaligned_read##n(void* p) { look(p, n, false); }              \
    HEARD void __tsan_unaligned_write##n(void* p) { look(p, n, true); }              \
    HEARD void __tsan_read_write##n(void* p) { look(p, n, false); look(p, n, true); }
LOOK_AT(1)
LOOK_AT(2)
LOOK_AT(4)
LOOK_AT(8)
LOOK_AT(16)
HEARD void* __tsan_memcpy(void* to, const void* from, unsigned long n) {
    look((void*)from, n, false);
    look(to, n, true);
    return memcpy(to, from, n);
}
HEARD void* __tsan_memset(void* to, int value, unsigned long n) {
    look(to, n, true);
    return memset(to, value, n);
}
#endif

// A launch ---------------------------------------------------------------------------------------------------------------

// Returns 0, or 1 with what is wrong in `problem`. flush: denormal numbers are zeros, as CuPy compiles (-ftz=true).
extern "C" __attribute__((visibility("default"))) UNCHECKED int launch(void (*entry)(void**), void** values, unsigned grid,
        unsigned block, int flush, int order, const Array* given, int count, char* problem, int length) {
    message[0] = 0;
    if (!stacks) stacks = (char*)mmap(nullptr, (size_t)MOST_THREADS * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    threads = (int)block;
    kernel = entry;
    kernel_arguments = values;
    blockDim = {block, 1, 1};
    gridDim = {grid, 1, 1};
#if defined(EMULATED_CHECKS)
    ++launches;
    array_count = count;
    for (int i = 0; i < count; ++i) shadow(i, given[i]);
    shadow(MOST_ARRAYS, {(uintptr_t)__start_emulated_shared, (uintptr_t)__stop_emulated_shared, 4});
    memset(reports, 0, sizeof reports);
#endif
    const unsigned before = __builtin_ia32_stmxcsr();
    if (flush) __builtin_ia32_ldmxcsr(before | 0x8040);
    bool good = true;
    for (unsigned i = 0; i < grid && good; ++i) {
        blockIdx = {order == BACKWARD ? grid - 1 - i : i, 0, 0};
        memset(__start_emulated_shared, 0xFF, __stop_emulated_shared - __start_emulated_shared);   // NaN, and -1
#if defined(EMULATED_CHECKS)
        ++blocks;
#endif
        good = run_block((Order)order);
    }
    __builtin_ia32_ldmxcsr(before);
    snprintf(problem, length, "%s", message);
    return message[0] != 0;
}
