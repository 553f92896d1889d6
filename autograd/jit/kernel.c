/* kernel.c: what runs a compiled program.

   The idea: one instruction.  Nearly everything that a scalar program computes, and everything that reverse mode makes
   of it, is a sum of products, y = Σ aᵢ·bᵢ (a factor may be missing); what is left is functions of one or two operands.
   So a program is a list of int32 words, some headers and many indices, and this file is the interpreter of that list.
   A header is read once for a whole sum, and a sum serves a whole block of samples, so what remains is multiply-adds.

   Memory.  M holds one number for everything that is *uniform*, the same for all samples: inputs, constants, results,
   parameters.  V holds what is *varying*, one number per sample: a slot of V is a row of lanes, lane i of every slot
   belonging to sample i of the block.  A vector is 64 bytes, 8 doubles or 16 floats; a block is 1, 2, 4 or 8 vectors.
   A holds the accumulators, one vector each, in which sums over the batch (weight gradients, mostly) are kept apart by
   lane until the last block is done.

   A *section* is a piece of the program.  A uniform one runs once, on M.  A varying one runs once for every block of
   samples; blocks may go to several threads.

   Words.  u is an index of M, v a slot of V, acc an accumulator, n and k are counts, fn a function's number.

       U_SUM dst n_uu n_uum n_u        then n_uu pairs (u u), n_uum pairs, n_u single u
                                       M[dst] = Σ u·u over the first pairs − the same over the second + Σ u
       U_CALL1 fn k                    then k × (dst a)        M[dst] = fn(M[a]); the calls don't depend on each other
       U_CALL2 fn k                    then k × (dst a b)
       U_SELECT k                      then k × (dst c a b)    M[dst] = M[c] ≠ 0 ? M[a] : M[b]
       U_TAKE dst idx n                then n × u              M[dst] = M[u of number ⌊M[idx]⌋], −1 being the last;
                                                               NaN where there is none
       V_SUM dst n_vv n_vvm n_vu n_vum n_v n_u    then pairs (v v), pairs (v v) to subtract, pairs (v u), pairs (v u)
                                                  to subtract, single v, single u
       R_SUM acc n_vv n_vvm n_vu n_vum n_v        the same into an accumulator: A[acc] += the sum over the block
       V_CALL1 fn k                    then k × (dst a)
       V_CALL2 fn kinds k              then k × (dst a b); kinds 0: both v, 1: b is a u, 2: a is a u
       V_SELECT mask k                 then k × (dst c a b); bits 0, 1, 2 of the mask: c, a, b is a u
       V_TAKE dst idx kind n           then n × u (kind 0) or n × v (kind 1); idx is a v
       V_LOAD k                        then k × (dst start stride)    lane of sample s = M[start + stride·s]
       V_STORE k                       then k × (src start stride)    M[start + stride·s] = lane of sample s

   kernel_check reads every word once, before a program first runs: whatever it lets pass can neither reach outside its
   memory nor run for ever.  The interpreter itself then checks nothing.

   Instruction sets.  The vectors are those of GCC's and Clang's vector extensions, so the text below is plain C
   arithmetic.  The file includes itself: its second part, the functions, is compiled once per instruction set, its third,
   the interpreter, once per instruction set and real type.  kernel_run picks among them when it is called. */

#ifndef KERNEL_PART

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifndef _WIN32
#include <pthread.h>
#include <sched.h>
#endif

#if defined(__x86_64__) && defined(__GNUC__)
#define KERNEL_X86 1
#include <immintrin.h>
#else
#define KERNEL_X86 0
#endif

#pragma GCC diagnostic ignored "-Wpsabi" /* vectors only ever pass between functions that are inlined */

#define INLINE static inline __attribute__((always_inline, unused))
#define VECTOR_BYTES 64

enum { U_SUM, U_CALL1, U_CALL2, U_SELECT, U_TAKE, V_SUM, R_SUM, V_CALL1, V_CALL2, V_SELECT, V_TAKE, V_LOAD, V_STORE, OPS };

const char *const kernel_ops[] = {"U_SUM",   "U_CALL1", "U_CALL2",  "U_SELECT", "U_TAKE", "V_SUM",   "R_SUM",
                                  "V_CALL1", "V_CALL2", "V_SELECT", "V_TAKE",   "V_LOAD", "V_STORE", NULL};

enum {
    EXP, EXPM1, LOG, LOG1P, LOG2, LOG10, SQRT, CBRT, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, TANH, SECH, ASINH,
    ACOSH, ATANH, SIGMOID, SOFTPLUS, RELU, SILU, GELU, ERF, ERFC, SIGN, FLOOR, ABS, FUNCTIONS1
};

const char *const kernel_functions1[] = {
    "exp",  "expm1", "log",   "log1p", "log2",  "log10",   "sqrt",     "cbrt", "sin",  "cos",  "tan",
    "asin", "acos",  "atan",  "sinh",  "cosh",  "tanh",    "sech",     "asinh", "acosh", "atanh", "sigmoid",
    "softplus", "relu", "silu", "gelu", "erf",  "erfc",    "sign",     "floor", "abs",  NULL};

enum { RATIO, POW, MAXIMUM, MINIMUM, HYPOT, ATAN2, LEAKY_RELU, ELU, LESS, LESS_EQUAL, EQUAL, FUNCTIONS2 };

const char *const kernel_functions2[] = {"ratio", "pow", "maximum", "minimum", "hypot", "atan2",
                                         "leaky_relu", "elu", "less", "less_equal", "equal", NULL};

typedef struct {
    int32_t varying;      /* 0: runs once, on M; 1: runs for every block of samples */
    int32_t begin, end;   /* its words */
    int32_t width;        /* vectors a block: 1, 2, 4 or 8 */
    int32_t samples;      /* the size of its batch */
    int32_t slots;        /* of V */
    int32_t accumulators; /* of A */
    int32_t targets;      /* where in the words the accumulators' indices of M are */
    int32_t batch;        /* 0: V is one block, overwritten by the next; else the number of the batch: the sections of
                             one batch find what the earlier ones left in V, which has room for every block */
} Section;

typedef struct {
    const int32_t *code;
    int64_t words;
    const Section *sections;
    int32_t n_sections;
    int32_t single;        /* 0: double, 1: float */
    int64_t memory;        /* numbers in M */
    const int32_t *copies; /* pairs (destination, source) of M, copied as if at once after every run */
    int32_t n_copies;
} Program;

/* --- Is it safe to run?  Every word is read once. --- */

enum { FINE, BAD_SECTION, BAD_WIDTH, BAD_OP, BAD_PLACE, BAD_FUNCTION, BAD_KIND, BAD_COUNT, BAD_INDEX, BAD_BATCH,
       TOO_LARGE };

const char *const kernel_reasons[] = {
    "fine",
    "a section's words, samples, slots or accumulators are out of range",
    "a block's width is 1, 2, 4 or 8 vectors",
    "there is no such instruction",
    "a uniform instruction in a varying section, or the other way round",
    "there is no such function",
    "there is no such kind of operands",
    "a count is negative, or there are fewer words than it says",
    "an index is out of range",
    "sections of one batch differ in samples, slots or width",
    "the program needs more memory than any machine has",
    NULL};

static int lanes_of(const Program *p) { return VECTOR_BYTES / (p->single ? 4 : 8); }

static int64_t blocks_of(const Section *s, int lanes) {
    int64_t block = (int64_t)s->width * lanes;
    return (s->samples + block - 1) / block;
}

typedef struct {
    const int32_t *code;
    int64_t at, end;              /* the next word; the section's end */
    int64_t memory;
    const Section *section;
    int reason;
} Reader;

static int fail(Reader *r, int reason) {
    if (!r->reason) r->reason = reason;
    return 0;
}

/* Are there n more words? */
static int there_are(Reader *r, int64_t n) { return n <= r->end - r->at ? 1 : fail(r, BAD_COUNT); }

/* The next word if it is from 0 to below limit, else -1 and the reason is noted. */
static int64_t below(Reader *r, int64_t limit, int reason) {
    if (r->reason || !there_are(r, 1)) return -1;
    int64_t word = r->code[r->at];
    if (word < 0 || word >= limit) {
        fail(r, reason);
        return -1;
    }
    r->at++;
    return word;
}

static int64_t count(Reader *r) { return below(r, INT32_MAX, BAD_COUNT); }
static void u(Reader *r) { below(r, r->memory, BAD_INDEX); }
static void v(Reader *r) { below(r, r->section->slots, BAD_INDEX); }

/* The next word is an index of M for every sample of the batch: start + stride * sample. */
static void strided(Reader *r) {
    if (r->reason || !there_are(r, 2)) return;
    int64_t first = r->code[r->at], stride = r->code[r->at + 1], samples = r->section->samples;
    int64_t last = samples ? first + stride * (samples - 1) : first;
    if (first < 0 || first >= r->memory || last < 0 || last >= r->memory) {
        fail(r, BAD_INDEX);
        return;
    }
    r->at += 2;
}

static void check_sum(Reader *r, const char *kinds, int n_kinds) { /* a pair of letters per count; ' ': no operand */
    int64_t counts[8];
    for (int i = 0; i < n_kinds; i++) counts[i] = count(r);
    for (int i = 0; i < n_kinds; i++)
        for (int64_t k = 0; k < counts[i] && !r->reason; k++)
            for (int operand = 0; operand < 2; operand++)
                if (kinds[2 * i + operand] == 'u') u(r);
                else if (kinds[2 * i + operand] == 'v') v(r);
}

static void check_instruction(Reader *r) {
    int64_t op = below(r, OPS, BAD_OP), kinds, k;
    if (op < 0) return;
    if ((op > U_TAKE) != r->section->varying) {
        r->at--;
        fail(r, BAD_PLACE);
        return;
    }
    switch (op) {
    case U_SUM:
        u(r);
        check_sum(r, "uuuuu ", 3);
        break;
    case U_CALL1:
    case V_CALL1:
        below(r, FUNCTIONS1, BAD_FUNCTION);
        k = count(r);
        for (; k > 0 && !r->reason; k--)
            for (int i = 0; i < 2; i++) op == U_CALL1 ? u(r) : v(r);
        break;
    case U_CALL2:
        below(r, FUNCTIONS2, BAD_FUNCTION);
        k = count(r);
        for (; k > 0 && !r->reason; k--)
            for (int i = 0; i < 3; i++) u(r);
        break;
    case V_CALL2:
        below(r, FUNCTIONS2, BAD_FUNCTION);
        kinds = below(r, 3, BAD_KIND);
        k = count(r);
        for (; k > 0 && !r->reason; k--) {
            v(r);
            kinds == 2 ? u(r) : v(r);
            kinds == 1 ? u(r) : v(r);
        }
        break;
    case U_SELECT:
        k = count(r);
        for (; k > 0 && !r->reason; k--)
            for (int i = 0; i < 4; i++) u(r);
        break;
    case V_SELECT:
        kinds = below(r, 8, BAD_KIND);
        k = count(r);
        for (; k > 0 && !r->reason; k--) {
            v(r);
            for (int i = 0; i < 3; i++) kinds >> i & 1 ? u(r) : v(r);
        }
        break;
    case U_TAKE:
        u(r);
        u(r);
        k = count(r);
        for (; k > 0 && !r->reason; k--) u(r);
        break;
    case V_TAKE:
        v(r);
        v(r);
        kinds = below(r, 2, BAD_KIND);
        k = count(r);
        for (; k > 0 && !r->reason; k--) kinds ? v(r) : u(r);
        break;
    case V_SUM:
        v(r);
        check_sum(r, "vvvvvuvuv u ", 6);
        break;
    case R_SUM:
        below(r, r->section->accumulators, BAD_INDEX);
        check_sum(r, "vvvvvuvuv ", 5);
        break;
    case V_LOAD:
    case V_STORE:
        k = count(r);
        for (; k > 0 && !r->reason; k--) {
            v(r);
            strided(r);
        }
        break;
    }
}

/* 0 if the program is safe to run with a memory of its size; else the number of the reason, and *position is that of the
   word at fault (or, if it is the section itself, the section's number). */
int kernel_check(const Program *p, int64_t *position) {
    *position = 0;
    if (p->memory < 0 || p->memory > INT32_MAX || p->words < 0 || p->words > INT32_MAX) return TOO_LARGE;
    double bytes = 0.0;
    for (int32_t i = 0; i < p->n_sections; i++) {
        const Section *s = &p->sections[i];
        *position = i;
        if (s->varying < 0 || s->varying > 1 || s->begin < 0 || s->end < s->begin || s->end > p->words) return BAD_SECTION;
        if (s->varying) {
            if (s->width != 1 && s->width != 2 && s->width != 4 && s->width != 8) return BAD_WIDTH;
            if (s->samples < 0 || s->slots < 0 || s->accumulators < 0 || s->targets < 0 || s->batch < 0 ||
                s->targets > p->words || s->accumulators > p->words - s->targets)
                return BAD_SECTION;
            for (int32_t j = 0; s->batch && j < i; j++) {
                const Section *t = &p->sections[j];
                if (t->varying && t->batch == s->batch &&
                    (t->samples != s->samples || t->slots != s->slots || t->width != s->width))
                    return BAD_BATCH;
            }
            bytes += ((double)s->slots * s->width * (s->batch ? blocks_of(s, lanes_of(p)) : 1) + s->accumulators) * 64.0;
            if (bytes > 1e14) return TOO_LARGE;
            for (int32_t a = 0; a < s->accumulators; a++) {
                int32_t target = p->code[s->targets + a];
                if (target < 0 || target >= p->memory) {
                    *position = s->targets + a;
                    return BAD_INDEX;
                }
            }
        }
        Reader r = {p->code, s->begin, s->end, p->memory, s, FINE};
        while (r.at < r.end && !r.reason) check_instruction(&r);
        if (r.reason) {
            *position = r.at;
            return r.reason;
        }
    }
    for (int32_t i = 0; i < 2 * p->n_copies; i++)
        if (p->copies[i] < 0 || p->copies[i] >= p->memory) {
            *position = i;
            return BAD_INDEX;
        }
    return FINE;
}

/* --- Scratch memory: for the copies; for every thread its accumulators and its V; for every batch its V. --- */

static size_t rounded(size_t bytes) { return (bytes + VECTOR_BYTES - 1) / VECTOR_BYTES * VECTOR_BYTES; }

static size_t copies_bytes(const Program *p) { return rounded((size_t)p->n_copies * (p->single ? 4 : 8)); }

/* Bytes of one thread's A (the first *accumulators bytes) and V, large enough for any section. */
static size_t thread_bytes(const Program *p, size_t *accumulators) {
    size_t a = 0, slots = 0;
    for (int32_t i = 0; i < p->n_sections; i++) {
        const Section *s = &p->sections[i];
        if (!s->varying) continue;
        size_t own = s->batch ? 0 : (size_t)s->slots * s->width;
        if ((size_t)s->accumulators > a) a = s->accumulators;
        if (own > slots) slots = own;
    }
    *accumulators = a * VECTOR_BYTES;
    return (a + slots) * VECTOR_BYTES;
}

/* Bytes before the V of section number n's batch, among those of the batches; n_sections: the bytes of all. */
static size_t batch_offset(const Program *p, int32_t n) {
    size_t vectors = 0;
    for (int32_t i = 0; i < p->n_sections; i++) {
        const Section *s = &p->sections[i];
        if (!s->varying || !s->batch) continue;
        int32_t first = 0; /* the batch's first section, which stands for all of them */
        while (!p->sections[first].varying || p->sections[first].batch != s->batch) first++;
        if (first < i) continue;
        if (n < p->n_sections && p->sections[n].batch == s->batch) break;
        vectors += (size_t)s->slots * s->width * blocks_of(s, lanes_of(p));
    }
    return vectors * VECTOR_BYTES;
}

/* Bytes that kernel_run needs, aligned to 64. */
int64_t kernel_scratch(const Program *p, int threads) {
    size_t accumulators;
    return (int64_t)(copies_bytes(p) + (size_t)threads * thread_bytes(p, &accumulators) + batch_offset(p, p->n_sections));
}

/* --- Names of the second and third part: each gets the instruction set's, and where it depends on it the real type's,
   appended. --- */

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define ISA_NAME(x) PASTE(x, ISA)
#define REAL_NAME(x) PASTE(PASTE(x, ISA), REAL)

#define doubles ISA_NAME(doubles)
#define bits ISA_NAME(bits)
#define select ISA_NAME(select)
#define any ISA_NAME(any)
#define all ISA_NAME(all)
#define sqrt_of ISA_NAME(sqrt_of)
#define abs_of ISA_NAME(abs_of)
#define with_sign_of ISA_NAME(with_sign_of)
#define at_most ISA_NAME(at_most)
#define power_of_2 ISA_NAME(power_of_2)
#define scaled ISA_NAME(scaled)
#define exp_parts ISA_NAME(exp_parts)
#define exp_of ISA_NAME(exp_of)
#define expm1_of ISA_NAME(expm1_of)
#define log_split ISA_NAME(log_split)
#define log_split_any ISA_NAME(log_split_any)
#define log_rest ISA_NAME(log_rest)
#define log_edges ISA_NAME(log_edges)
#define log_of ISA_NAME(log_of)
#define log2_of ISA_NAME(log2_of)
#define log10_of ISA_NAME(log10_of)
#define log1p_of ISA_NAME(log1p_of)
#define quarter_turns ISA_NAME(quarter_turns)
#define sin_series ISA_NAME(sin_series)
#define cos_series ISA_NAME(cos_series)
#define is_rare_angle ISA_NAME(is_rare_angle)
#define sin_of ISA_NAME(sin_of)
#define cos_of ISA_NAME(cos_of)
#define sigmoid_of ISA_NAME(sigmoid_of)
#define sech_of ISA_NAME(sech_of)
#define tanh_of ISA_NAME(tanh_of)
#define softplus_of ISA_NAME(softplus_of)
#define silu_of ISA_NAME(silu_of)
#define erfcx_of ISA_NAME(erfcx_of)
#define erfc_tail ISA_NAME(erfc_tail)
#define erfc_of ISA_NAME(erfc_of)
#define erf_of ISA_NAME(erf_of)
#define gelu_of ISA_NAME(gelu_of)
#define relu_of ISA_NAME(relu_of)
#define sign_of ISA_NAME(sign_of)
#define floor_of ISA_NAME(floor_of)
#define ratio_of ISA_NAME(ratio_of)
#define maximum_of ISA_NAME(maximum_of)
#define minimum_of ISA_NAME(minimum_of)
#define leaky_relu_of ISA_NAME(leaky_relu_of)
#define elu_of ISA_NAME(elu_of)
#define less_of ISA_NAME(less_of)
#define less_equal_of ISA_NAME(less_equal_of)
#define equal_of ISA_NAME(equal_of)

#define real REAL_NAME(real)
#define vec REAL_NAME(vec)
#define unaligned REAL_NAME(unaligned)
#define narrow REAL_NAME(narrow)
#define get REAL_NAME(get)
#define put REAL_NAME(put)
#define products REAL_NAME(products)
#define choice REAL_NAME(choice)
#define run_uniform REAL_NAME(run_uniform)
#define sum_piece REAL_NAME(sum_piece)
#define run_block REAL_NAME(run_block)
#define run_blocks REAL_NAME(run_blocks)
#define add_up REAL_NAME(add_up)
#define copy REAL_NAME(copy)
#define functions1 REAL_NAME(functions1)
#define functions2 REAL_NAME(functions2)
#define interpreter REAL_NAME(interpreter)

/* What the third part offers, for one instruction set and real type. */
typedef struct {
    void (*uniform)(const int32_t *code, const int32_t *end, void *M);
    void (*blocks)(const int32_t *code, const Section *s, void *M, void *V, void *A, int64_t first, int64_t last);
    void (*sums)(const Section *s, const int32_t *targets, void *M, const void *A, size_t a_bytes, int threads);
    void (*move)(const int32_t *copies, int64_t n, void *M, void *buffer);
} Interpreter;

#define FUNCTIONS_PART 1
#define INTERPRETER_PART 2

#if KERNEL_X86
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,bmi,bmi2")
#define ISA v4
#define BYTES 64
#define KERNEL_PART FUNCTIONS_PART
#include "kernel.c"
#undef KERNEL_PART
#define KERNEL_PART INTERPRETER_PART
#define REAL double
#include "kernel.c"
#undef REAL
#define REAL float
#include "kernel.c"
#undef REAL
#undef KERNEL_PART
#undef BYTES
#undef ISA
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi,bmi2")
#define ISA v3
#define BYTES 32
#define KERNEL_PART FUNCTIONS_PART
#include "kernel.c"
#undef KERNEL_PART
#define KERNEL_PART INTERPRETER_PART
#define REAL double
#include "kernel.c"
#undef REAL
#define REAL float
#include "kernel.c"
#undef REAL
#undef KERNEL_PART
#undef BYTES
#undef ISA
#pragma GCC pop_options
#endif

#define ISA base
#define BYTES 16
#define KERNEL_PART FUNCTIONS_PART
#include "kernel.c"
#undef KERNEL_PART
#define KERNEL_PART INTERPRETER_PART
#define REAL double
#include "kernel.c"
#undef REAL
#define REAL float
#include "kernel.c"
#undef REAL
#undef KERNEL_PART

/* Best first; the last is there on every machine. */
#if KERNEL_X86
const char *const kernel_instruction_sets[] = {"x86-64-v4", "x86-64-v3", "baseline", NULL};
static const Interpreter *const interpreters[][2] = {
    {&interpreter_v4_double, &interpreter_v4_float},
    {&interpreter_v3_double, &interpreter_v3_float},
    {&interpreter_base_double, &interpreter_base_float},
};
#else
const char *const kernel_instruction_sets[] = {"baseline", NULL};
static const Interpreter *const interpreters[][2] = {{&interpreter_base_double, &interpreter_base_float}};
#endif

/* Can this machine run that instruction set? */
int kernel_supports(int set) {
#if KERNEL_X86
    __builtin_cpu_init();
    int v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
             __builtin_cpu_supports("bmi2");
    if (set == 0)
        return v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    if (set == 1) return v3;
    return set == 2;
#else
    return set == 0;
#endif
}

/* --- Running a program --- */

typedef struct {
    const Program *program;
    const Interpreter *interpreter;
    char *M, *copies_buffer, *threads_memory, *batches_memory;
    size_t accumulator_bytes, thread_bytes;
    int64_t repeats;
    int threads;
    int begun;               /* the threads wait for it */
    int arrived, generation; /* of the barrier */
} Run;

typedef struct {
    Run *run;
    int number;
} Worker;

/* Threads mostly arrive together, so waiting is mostly spinning. */
static void wait_while(const int *variable, int value) {
    for (int spins = 0; __atomic_load_n(variable, __ATOMIC_ACQUIRE) == value; spins++) {
#ifndef _WIN32
        if (spins > 2000) sched_yield();
#endif
    }
}

/* Waits until every thread of the run is here. */
static void meet(Run *run) {
    if (run->threads == 1) return;
    int generation = __atomic_load_n(&run->generation, __ATOMIC_ACQUIRE);
    if (__atomic_add_fetch(&run->arrived, 1, __ATOMIC_ACQ_REL) == run->threads) {
        __atomic_store_n(&run->arrived, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&run->generation, generation + 1, __ATOMIC_RELEASE);
        return;
    }
    wait_while(&run->generation, generation);
}

static void run_varying(Run *run, int32_t number, int thread) {
    const Program *p = run->program;
    const Section *s = &p->sections[number];
    char *A = run->threads_memory + (size_t)thread * run->thread_bytes;
    char *V = s->batch ? run->batches_memory + batch_offset(p, number) : A + run->accumulator_bytes;
    int64_t blocks = blocks_of(s, lanes_of(p));
    memset(A, 0, (size_t)s->accumulators * VECTOR_BYTES);
    run->interpreter->blocks(p->code, s, run->M, V, A, blocks * thread / run->threads,
                             blocks * (thread + 1) / run->threads);
    meet(run);
    if (thread == 0)
        run->interpreter->sums(s, p->code + s->targets, run->M, A, run->thread_bytes, run->threads);
    meet(run);
}

static void *work(void *argument) {
    const Worker *worker = argument;
    Run *run = worker->run;
    const Program *p = run->program;
    wait_while(&run->begun, 0);
    for (int64_t repeat = 0; repeat < run->repeats; repeat++) {
        for (int32_t i = 0; i < p->n_sections; i++) {
            const Section *s = &p->sections[i];
            if (s->varying) {
                run_varying(run, i, worker->number);
            } else {
                if (worker->number == 0) run->interpreter->uniform(p->code + s->begin, p->code + s->end, run->M);
                meet(run);
            }
        }
        if (worker->number == 0 && p->n_copies)
            run->interpreter->move(p->copies, p->n_copies, run->M, run->copies_buffer);
        meet(run);
    }
    return NULL;
}

#define MOST_THREADS 256

/* Runs a checked program that many times on M.  The scratch memory is kernel_scratch(p, threads) bytes, aligned to 64;
   of threads that can't be started, the others do the work.  The result is 0, or -1 for an instruction set that this
   machine lacks. */
int kernel_run(const Program *p, void *M, void *scratch, int64_t repeats, int threads, int set) {
    if (set < 0 || !kernel_supports(set)) return -1;
    threads = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
#ifdef _WIN32
    threads = 1;
#endif
    Run run = {.program = p, .interpreter = interpreters[set][p->single], .M = M, .copies_buffer = scratch,
               .repeats = repeats};
    run.thread_bytes = thread_bytes(p, &run.accumulator_bytes);
    run.threads_memory = run.copies_buffer + copies_bytes(p);
    run.batches_memory = run.threads_memory + (size_t)threads * run.thread_bytes;
    int started = 1; /* this thread is number 0 */
#ifndef _WIN32
    Worker workers[MOST_THREADS];
    pthread_t ids[MOST_THREADS];
    for (; started < threads; started++) {
        workers[started] = (Worker){&run, started};
        if (pthread_create(&ids[started], NULL, work, &workers[started])) break;
    }
#endif
    run.threads = started;
    __atomic_store_n(&run.begun, 1, __ATOMIC_RELEASE);
    work(&(Worker){&run, 0});
#ifndef _WIN32
    for (int i = 1; i < started; i++) pthread_join(ids[i], NULL);
#endif
    return 0;
}

#elif KERNEL_PART == FUNCTIONS_PART

/* === The second part: functions of a vector of doubles, branch-free, for one instruction set (ISA, BYTES a register).
   floats are widened to doubles and the results rounded back, so each function is written, and is accurate, once.

   Where coefficients stand, they were computed for this file by Remez exchange with 60 digits (tests/jit/fits.py prints
   them again) and rounded to doubles; the error beside them is the largest on the interval, after rounding. === */

typedef double doubles __attribute__((vector_size(BYTES), may_alias));
typedef uint64_t bits __attribute__((vector_size(BYTES), may_alias)); /* of a double; also a mask, all ones or zeros */

/* In each lane: yes where the mask is set, else no. */
INLINE doubles select(bits mask, doubles yes, doubles no) { return (doubles)((mask & (bits)yes) | (~mask & (bits)no)); }

/* Is the mask set in any lane? */
INLINE int any(bits mask) {
#if BYTES == 64
    return _mm512_movepi64_mask((__m512i)mask) != 0;
#elif BYTES == 32
    return _mm256_movemask_pd((__m256d)mask) != 0;
#else
    return (mask[0] | mask[1]) != 0;
#endif
}

INLINE doubles all(double x) { return (doubles){0} + x; } /* x in every lane (never -0) */

INLINE doubles sqrt_of(doubles x) {
#if BYTES == 64
    return (doubles)_mm512_sqrt_pd((__m512d)x);
#elif BYTES == 32
    return (doubles)_mm256_sqrt_pd((__m256d)x);
#elif KERNEL_X86
    return (doubles)_mm_sqrt_pd((__m128d)x);
#else
    return (doubles){sqrt(x[0]), sqrt(x[1])};
#endif
}

#define SIGN_BIT (UINT64_C(1) << 63)

INLINE doubles abs_of(doubles x) { return (doubles)((bits)x & ~SIGN_BIT); }
INLINE doubles with_sign_of(doubles x, doubles magnitude) {
    return (doubles)(((bits)x & SIGN_BIT) | ((bits)magnitude & ~SIGN_BIT));
}
INLINE doubles at_most(double limit, doubles x) { return select((bits)(x > limit), all(limit), x); } /* NaN stays */

/* Adding this rounds a double below 2^51 in magnitude to a whole number, which then stands in the sum's lowest bits, in
   two's complement. */
#define ROUNDER 0x1.8p52

/* 2^k, where whole = k + ROUNDER and -1022 <= k <= 1023: k becomes the exponent field. */
INLINE doubles power_of_2(doubles whole) { return (doubles)(((bits)whole << 52) + (UINT64_C(1023) << 52)); }

/* p·2^k for whole k from -2044 to 2046: in two steps, so that k may be beyond the exponents, and only the last rounds. */
INLINE doubles scaled(doubles p, doubles k) {
    doubles first = k * 0.5 + ROUNDER;
    doubles second = (k - (first - ROUNDER)) + ROUNDER;
    return p * power_of_2(first) * power_of_2(second);
}

/* exp(x + tail) = (1 + result)·2^k with |result| < 0.42, for x from -1400 to 1400 and a tail below 1e-4.
   ln 2 is split into a part with 21 trailing zeros, whose products with k are exact, and the rest. */
#define LOG2_E 0x1.71547652b82fep0
#define LN2_HIGH 0x1.62e42fee00000p-1
#define LN2_LOW 0x1.a39ef35793c76p-33
INLINE doubles exp_parts(doubles x, doubles tail, doubles *k) {
    *k = (x * LOG2_E + ROUNDER) - ROUNDER;
    doubles r = ((x - *k * LN2_HIGH) - *k * LN2_LOW) + tail;
    /* (e^r - 1 - r) / r² for |r| <= ln 2 / 2 (and a little more): degree 9, error 2^-53 before the factor r² <= 0.12. */
    doubles q = r * 2.511015455933341e-08 + 2.762020334643987e-07;
    q = q * r + 2.755724205857532e-06;
    q = q * r + 2.480152105371236e-05;
    q = q * r + 0.00019841269886837354;
    q = q * r + 0.0013888888917370124;
    q = q * r + 0.008333333333322127;
    q = q * r + 0.04166666666662382;
    q = q * r + 0.16666666666666674;
    q = q * r + 0.5000000000000001;
    return r + r * r * q;
}

/* Below -750 exp is 0 and above 710 it is infinite, as it is at them. */
INLINE doubles exp_of(doubles x) {
    doubles k;
    x = select((bits)(x < -750.0), all(-750.0), at_most(710.0, x));
    doubles p = exp_parts(x, all(0.0), &k);
    return scaled(p + 1.0, k);
}

/* e^x - 1 = 2·(2^(k-1)·p + (2^(k-1) - ½)), where only the sum rounds. */
INLINE doubles expm1_of(doubles x) {
    doubles k;
    doubles p = exp_parts(select((bits)(x < -50.0), all(-50.0), at_most(710.0, x)), all(0.0), &k);
    doubles half_scale = power_of_2((k - 1.0) + ROUNDER);
    doubles y = (half_scale * p + (half_scale - 0.5)) * 2.0;
    return select((bits)(abs_of(x) < 0x1p-54), x, y);
}

/* x = (1 + f)·2^k with 1 + f from √½ to √2, for x positive, finite and normal. */
#define SQRT_HALF_BITS UINT64_C(0x3fe6a09e667f3bcd)
#define ONE_BITS UINT64_C(0x3ff0000000000000)
INLINE doubles log_split(doubles x, doubles *k) {
    bits biased = ((bits)x - SQRT_HALF_BITS + ONE_BITS) >> 52; /* k + 1023, as a whole number */
    *k = (doubles)(biased | (bits)all(0x1p52)) - (0x1p52 + 1023.0);
    return (doubles)((bits)x - (biased << 52) + ONE_BITS) - 1.0;
}

/* The same for a subnormal x too. */
INLINE doubles log_split_any(doubles x, doubles *k) {
    bits tiny = (bits)(x < 0x1p-1022);
    doubles f = log_split(select(tiny, x * 0x1p54, x), k);
    *k -= select(tiny, all(54.0), all(0.0));
    return f;
}

/* log(1 + f) = f - f²/2 + result.  With s = f / (2 + f) it is 2 artanh s = f - f²/2 + s·(f²/2 + s²·P(s²)). */
INLINE doubles log_rest(doubles f, doubles half_square) {
    doubles s = f / (f + 2.0), z = s * s;
    /* (2 artanh(s) / s - 2) / z for 0 <= z <= (√2-1)²/(√2+1)²: degree 6, error 2^-51.4 before the factor z/2 <= 0.015. */
    doubles p = z * 0.1461841527803613 + 0.15331553009597476;
    p = p * z + 0.18182894542700379;
    p = p * z + 0.22222211054643742;
    p = p * z + 0.2857142862651084;
    p = p * z + 0.399999999998982;
    p = p * z + 0.666666666666667;
    return s * (half_square + p * z);
}

/* The logarithm of x, which is y where x is a positive finite number. */
INLINE doubles log_edges(doubles x, doubles y) {
    y = select((bits)(x == 0.0), all(-INFINITY), y);
    y = select((bits)(x == INFINITY), x, y);
    return select((bits)(x >= 0.0), y, all(NAN));
}

INLINE doubles log_of(doubles x) {
    doubles k, f = log_split_any(x, &k), half_square = f * f * 0.5;
    doubles rest = log_rest(f, half_square) + k * LN2_LOW;
    return log_edges(x, k * LN2_HIGH - ((half_square - rest) - f));
}

INLINE doubles log2_of(doubles x) {
    doubles k, f = log_split_any(x, &k), half_square = f * f * 0.5;
    return log_edges(x, k + (f - (half_square - log_rest(f, half_square))) * LOG2_E);
}

/* log10 2 is split as ln 2 was. */
#define LOG10_E 0x1.bcb7b1526e50ep-2
#define LOG10_2_HIGH 0x1.3441350800000p-2
#define LOG10_2_LOW 0x1.f79fef311f12bp-34
INLINE doubles log10_of(doubles x) {
    doubles k, f = log_split_any(x, &k), half_square = f * f * 0.5;
    doubles rest = (f - (half_square - log_rest(f, half_square))) * LOG10_E + k * LOG10_2_LOW;
    return log_edges(x, k * LOG10_2_HIGH + rest);
}

/* The logarithm of the rounded sum u = 1 + x; what its rounding lost, relative to u, is put back. */
INLINE doubles log1p_of(doubles x) {
    doubles u = x + 1.0, most = u - 1.0;
    doubles lost = (1.0 - (u - most)) + (x - most);
    doubles k, f = log_split(u, &k), half_square = f * f * 0.5;
    doubles rest = log_rest(f, half_square) + (k * LN2_LOW + lost / u);
    doubles y = k * LN2_HIGH - ((half_square - rest) - f);
    return select((bits)(abs_of(x) < 0x1p-54), x, log_edges(u, y));
}

/* x less the nearest multiple of π/2; *whole is that multiple's number + ROUNDER.  π/2 is split into three parts of 33
   bits, whose products with numbers below 2^20 are exact, and a rest. */
#define MOST_TURNED 1e5
#define HALF_PI_1 0x1.921fb54400000p0
#define HALF_PI_2 0x1.0b4611a600000p-34
#define HALF_PI_3 0x1.3198a2e000000p-69
#define HALF_PI_4 0x1.b839a252049c1p-104
INLINE doubles quarter_turns(doubles x, doubles *whole) {
    *whole = x * 0x1.45f306dc9c883p-1 + ROUNDER; /* 2/π */
    doubles k = *whole - ROUNDER;
    return (((x - k * HALF_PI_1) - k * HALF_PI_2) - k * HALF_PI_3) - k * HALF_PI_4;
}

/* sin r for |r| <= π/4 (and a little more), with z = r². */
INLINE doubles sin_series(doubles r, doubles z) {
    /* (sin(r)/r - 1) / z: degree 5, error 2^-54.8 before the factor z <= 0.62. */
    doubles p = z * 1.5918002281873061e-10 + -2.5051130101805494e-08;
    p = p * z + 2.755731609430797e-06;
    p = p * z + -0.0001984126983674298;
    p = p * z + 0.00833333333333094;
    p = p * z + -0.16666666666666666;
    return r + r * z * p;
}

/* cos r likewise. */
INLINE doubles cos_series(doubles z) {
    /* (cos(r) - 1 + z/2) / z²: degree 5, error 2^-58.6 before the factor z² <= 0.38. */
    doubles p = z * -1.138255204095506e-11 + 2.0876145163581403e-09;
    p = p * z + -2.7557317266494944e-07;
    p = p * z + 2.4801587298755762e-05;
    p = p * z + -0.001388888888888739;
    p = p * z + 0.041666666666666664;
    return 1.0 - (z * 0.5 - z * z * p);
}

/* Angles too large for quarter_turns, infinities and NaN: there the caller asks libm. */
INLINE bits is_rare_angle(doubles x) { return ~(bits)(abs_of(x) <= MOST_TURNED); }

INLINE doubles sin_of(doubles x) {
    doubles whole, r = quarter_turns(abs_of(x), &whole), z = r * r;
    bits odd = -((bits)whole & 1), negative = ((bits)whole >> 1) << 63;
    doubles y = select(odd, cos_series(z), sin_series(r, z));
    return (doubles)((bits)y ^ negative ^ ((bits)x & SIGN_BIT));
}

INLINE doubles cos_of(doubles x) {
    doubles whole, r = quarter_turns(abs_of(x), &whole), z = r * r;
    bits odd = -((bits)whole & 1), negative = (((bits)whole + 1) >> 1) << 63;
    doubles y = select(odd, sin_series(r, z), cos_series(z));
    return (doubles)((bits)y ^ negative);
}

/* With e = e^-|x|, which can't overflow: 1 / (1 + e) from zero on, e / (1 + e) below. */
INLINE doubles sigmoid_of(doubles x) {
    doubles e = exp_of(-abs_of(x));
    return select((bits)(x < 0.0), e, all(1.0)) / (e + 1.0);
}

/* 2 / (e^x + e^-x) = 2e / (1 + e²). */
INLINE doubles sech_of(doubles x) {
    doubles e = exp_of(-abs_of(x));
    return (e + e) / (e * e + 1.0);
}

/* With t = e^2|x| - 1: t / (t + 2), which is 1 to the last bit from 20 on. */
INLINE doubles tanh_of(doubles x) {
    doubles t = expm1_of(2.0 * at_most(20.0, abs_of(x)));
    return with_sign_of(x, t / (t + 2.0));
}

/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). */
INLINE doubles softplus_of(doubles x) {
    return select((bits)(x <= 0.0), all(0.0), x) + log1p_of(exp_of(-abs_of(x)));
}

/* x·sigmoid(x).  Below zero it is x·e / (1 + e), scaled last: e alone may be subnormal. */
INLINE doubles silu_of(doubles x) {
    doubles k, a = at_most(800.0, abs_of(x));
    doubles p = exp_parts(-a, all(0.0), &k) + 1.0;
    doubles sum = scaled(p, k) + 1.0;
    return select((bits)(x < 0.0), scaled(-a * p / sum, k), x / sum);
}

/* e^(z²)·erfc(z) for 0 <= z <= 28, as P(t) / (1 + 2z) with t = (z - 4) / (z + 4), which folds the half-line into an
   interval. */
INLINE doubles erfcx_of(doubles z) {
    doubles t = (z - 4.0) / (z + 4.0);
    /* (1 + 2z)·e^(z²)·erfc(z) for -1 <= t <= 0.75: degree 22, error 2^-53.5. */
    doubles p = t * -1.7162828103654044e-09 + -1.3399025605984627e-08;
    p = p * t + -7.817473892499585e-09;
    p = p * t + 1.1457576808700999e-07;
    p = p * t + 6.249212080964286e-08;
    p = p * t + -8.342231885178704e-07;
    p = p * t + 3.018340186493194e-07;
    p = p * t + 5.717252367391861e-06;
    p = p * t + -1.1225200776694375e-05;
    p = p * t + -2.4402906501110688e-05;
    p = p * t + 0.00015062243743476294;
    p = p * t + -0.00019925557641235856;
    p = p * t + -0.0007577733958649524;
    p = p * t + 0.005031969767350844;
    p = p * t + -0.01619773404991411;
    p = p * t + 0.037167515561312585;
    p = p * t + -0.06633036581241702;
    p = p * t + 0.0937328349968647;
    p = p * t + -0.10103906603630879;
    p = p * t + 0.06809705425473522;
    p = p * t + 0.015379652102619924;
    p = p * t + -0.1396211168405629;
    p = p * t + 1.2329951186255526;
    return p / (z * 2.0 + 1.0);
}

/* factor·e^(-share·a²)·erfcx(z), where share is 1 or ½.  a² must not be rounded, for it is an exponent: it is
   h² + (a - h)(a + h) with h the upper half of a's digits, whose square is exact. */
INLINE doubles erfc_tail(doubles a, double share, doubles z, doubles factor) {
    doubles k, h = (doubles)((bits)a & ~UINT64_C(0x7ffffff));
    doubles p = exp_parts(h * h * -share, (a - h) * (a + h) * -share, &k) + 1.0;
    return scaled(factor * (p * erfcx_of(z)), k);
}

INLINE doubles erfc_of(doubles x) {
    doubles z = at_most(28.0, abs_of(x)), y = erfc_tail(z, 1.0, z, all(1.0));
    return select((bits)(x < 0.0), 2.0 - y, y);
}

INLINE doubles erf_of(doubles x) {
    doubles a = at_most(6.0, abs_of(x)), z = a * a;
    /* (erf(a)/a - 2/√π) / z for 0 <= z <= 1: degree 11, error 2^-55.9. */
    doubles p = z * 6.177718217834762e-11 + -1.1502349520004662e-09;
    p = p * z + 1.4692958258145233e-08;
    p = p * z + -1.6355182178054726e-07;
    p = p * z + 1.6461451957220674e-06;
    p = p * z + -1.4925622788398162e-05;
    p = p * z + 0.00012055332224483183;
    p = p * z + -0.0008548327010242815;
    p = p * z + 0.00522397762530614;
    p = p * z + -0.026866170645124008;
    p = p * z + 0.11283791670955111;
    p = p * z + -0.37612638903183754;
    doubles near = a * 0x1.20dd750429b6dp0 + a * z * p;
    doubles far = 1.0 - erfc_tail(a, 1.0, a, all(1.0));
    return with_sign_of(x, select((bits)(a < 1.0), near, far));
}

/* x·Φ(x), Φ the standard normal distribution function: -|x|·Φ(-|x|) below zero, x - x·Φ(-x) above. */
INLINE doubles gelu_of(doubles x) {
    doubles a = at_most(39.0, abs_of(x)), tail = erfc_tail(a, 0.5, a * 0x1.6a09e667f3bcdp-1, a * 0.5);
    return select((bits)(x < 0.0), -tail, x - tail);
}

INLINE doubles relu_of(doubles x) { return select((bits)(x <= 0.0), all(0.0), x); }

INLINE doubles sign_of(doubles x) {
    return select((bits)(x > 0.0), all(1.0), select((bits)(x < 0.0), all(-1.0), x));
}

/* Adding and subtracting 2^52 rounds to the nearest whole number, which may be above x.  -0 becomes 0. */
INLINE doubles floor_of(doubles x) {
    doubles large = with_sign_of(x, all(0x1p52)), nearest = (x + large) - large;
    doubles down = nearest - select((bits)(nearest > x), all(1.0), all(0.0));
    return select((bits)(abs_of(x) < 0x1p52), down, x) + 0.0;
}

INLINE doubles ratio_of(doubles a, doubles b) { return a / b; }
INLINE doubles maximum_of(doubles a, doubles b) { return select((bits)(a >= b) | (bits)(a != a), a, b); }
INLINE doubles minimum_of(doubles a, doubles b) { return select((bits)(a <= b) | (bits)(a != a), a, b); }
INLINE doubles leaky_relu_of(doubles x, doubles slope) { return select((bits)(x > 0.0), x, slope * x); }
INLINE doubles elu_of(doubles x, doubles alpha) { return select((bits)(x > 0.0), x, alpha * expm1_of(x)); }
INLINE doubles less_of(doubles a, doubles b) { return select((bits)(a < b), all(1.0), all(0.0)); }
INLINE doubles less_equal_of(doubles a, doubles b) { return select((bits)(a <= b), all(1.0), all(0.0)); }
INLINE doubles equal_of(doubles a, doubles b) { return select((bits)(a == b), all(1.0), all(0.0)); }

#elif KERNEL_PART == INTERPRETER_PART

/* === The third part: the interpreter, for one instruction set and real type (REAL). === */

typedef REAL real;
typedef REAL vec __attribute__((vector_size(BYTES), may_alias));
typedef REAL unaligned __attribute__((vector_size(BYTES), may_alias, aligned(sizeof(REAL))));
typedef REAL narrow __attribute__((vector_size(BYTES / sizeof(double) * sizeof(REAL)), may_alias, aligned(sizeof(REAL))));

#define VL ((int)(VECTOR_BYTES / sizeof(real)))  /* lanes of a vector, whatever the instruction set */
#define LANES ((int)(BYTES / sizeof(real)))      /* lanes of a register */
#define DOUBLES ((int)(BYTES / sizeof(double)))  /* lanes that the functions above take at once */

INLINE doubles get(const real *x) { return __builtin_convertvector(*(const narrow *)x, doubles); }
INLINE void put(real *y, doubles value) { *(narrow *)y = __builtin_convertvector(value, narrow); }

/* --- Functions of rows of lanes.  The step of an operand is 1, or 0 if it is one vector that serves all. --- */

#define ROW1(name) static void REAL_NAME(name##_row)(real *y, const real *x, int lanes)
#define ROW2(name)                                                                                                     \
    static void REAL_NAME(name##_row)(real *y, const real *a, int a_step, const real *b, int b_step, int lanes)

#define OF_1(name)                                                                                                     \
    ROW1(name) {                                                                                                       \
        for (int i = 0; i < lanes; i += DOUBLES) put(y + i, name##_of(get(x + i)));                                    \
    }
#define OF_ANGLE(name)                                                                                                 \
    ROW1(name) {                                                                                                       \
        for (int i = 0; i < lanes; i += DOUBLES) {                                                                     \
            doubles angles = get(x + i), values = name##_of(angles);                                                   \
            if (any(is_rare_angle(angles)))                                                                            \
                for (int lane = 0; lane < DOUBLES; lane++)                                                             \
                    if (!(fabs(angles[lane]) <= MOST_TURNED)) values[lane] = name(angles[lane]);                       \
            put(y + i, values);                                                                                        \
        }                                                                                                              \
    }
#define OF_1_BY_LIBM(name)                                                                                             \
    ROW1(name) {                                                                                                       \
        for (int i = 0; i < lanes; i++) y[i] = (real)name((double)x[i]);                                               \
    }
#define OF_2(name)                                                                                                     \
    ROW2(name) {                                                                                                       \
        for (int i = 0; i < lanes; i += DOUBLES) put(y + i, name##_of(get(a + a_step * i), get(b + b_step * i)));      \
    }
#define OF_2_BY_LIBM(name)                                                                                             \
    ROW2(name) {                                                                                                       \
        for (int i = 0; i < lanes; i++) y[i] = (real)name((double)a[a_step * i], (double)b[b_step * i]);               \
    }

OF_1(exp)
OF_1(expm1)
OF_1(log)
OF_1(log1p)
OF_1(log2)
OF_1(log10)
OF_1(sqrt)
OF_1_BY_LIBM(cbrt)
OF_ANGLE(sin)
OF_ANGLE(cos)
OF_1_BY_LIBM(tan)
OF_1_BY_LIBM(asin)
OF_1_BY_LIBM(acos)
OF_1_BY_LIBM(atan)
OF_1_BY_LIBM(sinh)
OF_1_BY_LIBM(cosh)
OF_1(tanh)
OF_1(sech)
OF_1_BY_LIBM(asinh)
OF_1_BY_LIBM(acosh)
OF_1_BY_LIBM(atanh)
OF_1(sigmoid)
OF_1(softplus)
OF_1(relu)
OF_1(silu)
OF_1(gelu)
OF_1(erf)
OF_1(erfc)
OF_1(sign)
OF_1(floor)
OF_1(abs)
OF_2(ratio)
OF_2_BY_LIBM(pow)
OF_2(maximum)
OF_2(minimum)
OF_2_BY_LIBM(hypot)
OF_2_BY_LIBM(atan2)
OF_2(leaky_relu)
OF_2(elu)
OF_2(less)
OF_2(less_equal)
OF_2(equal)

#define ENTRY(number, name) [number] = REAL_NAME(name##_row)

static void (*const functions1[FUNCTIONS1])(real *, const real *, int) = {
    ENTRY(EXP, exp),         ENTRY(EXPM1, expm1),       ENTRY(LOG, log),     ENTRY(LOG1P, log1p), ENTRY(LOG2, log2),
    ENTRY(LOG10, log10),     ENTRY(SQRT, sqrt),         ENTRY(CBRT, cbrt),   ENTRY(SIN, sin),     ENTRY(COS, cos),
    ENTRY(TAN, tan),         ENTRY(ASIN, asin),         ENTRY(ACOS, acos),   ENTRY(ATAN, atan),   ENTRY(SINH, sinh),
    ENTRY(COSH, cosh),       ENTRY(TANH, tanh),         ENTRY(SECH, sech),   ENTRY(ASINH, asinh), ENTRY(ACOSH, acosh),
    ENTRY(ATANH, atanh),     ENTRY(SIGMOID, sigmoid),   ENTRY(SOFTPLUS, softplus),
    ENTRY(RELU, relu),       ENTRY(SILU, silu),         ENTRY(GELU, gelu),   ENTRY(ERF, erf),     ENTRY(ERFC, erfc),
    ENTRY(SIGN, sign),       ENTRY(FLOOR, floor),       ENTRY(ABS, abs)};

static void (*const functions2[FUNCTIONS2])(real *, const real *, int, const real *, int, int) = {
    ENTRY(RATIO, ratio), ENTRY(POW, pow),     ENTRY(MAXIMUM, maximum),       ENTRY(MINIMUM, minimum),
    ENTRY(HYPOT, hypot), ENTRY(ATAN2, atan2), ENTRY(LEAKY_RELU, leaky_relu), ENTRY(ELU, elu),
    ENTRY(LESS, less),   ENTRY(LESS_EQUAL, less_equal), ENTRY(EQUAL, equal)};

/* --- Uniform instructions --- */

/* Σ of n products, in four chains so that one needn't wait for the other. */
INLINE real products(const int32_t *pairs, int n, const real *M) {
    real s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (; n >= 4; n -= 4, pairs += 8) {
        s0 += M[pairs[0]] * M[pairs[1]];
        s1 += M[pairs[2]] * M[pairs[3]];
        s2 += M[pairs[4]] * M[pairs[5]];
        s3 += M[pairs[6]] * M[pairs[7]];
    }
    if (n > 0) s0 += M[pairs[0]] * M[pairs[1]];
    if (n > 1) s1 += M[pairs[2]] * M[pairs[3]];
    if (n > 2) s2 += M[pairs[4]] * M[pairs[5]];
    return (s0 + s1) + (s2 + s3);
}

/* The number of the choice that an index means: whole numbers from 0, or from -1 downwards for the last; -1 if none. */
INLINE int64_t choice(real index, int64_t n) {
    double whole = floor((double)index);
    if (whole < 0) whole += (double)n;
    return whole >= 0 && whole < (double)n ? (int64_t)whole : -1;
}

static void run_uniform(const int32_t *code, const int32_t *end, void *memory) {
    real *M = memory;
    while (code < end) {
        switch (code[0]) {
        case U_SUM: {
            real *y = M + code[1];
            int n_plus = code[2], n_minus = code[3], n_single = code[4];
            code += 5;
            real sum = products(code, n_plus, M);
            code += 2 * (int64_t)n_plus;
            if (n_minus) sum -= products(code, n_minus, M);
            code += 2 * (int64_t)n_minus;
            for (int i = 0; i < n_single; i++) sum += M[code[i]];
            code += n_single;
            *y = sum;
            break;
        }
        case U_CALL1: {
            int function = code[1], k = code[2];
            code += 3;
            for (int n; k > 0; k -= n, code += 2 * n) {
                real x[VECTOR_BYTES / sizeof(real)] __attribute__((aligned(VECTOR_BYTES)));
                n = k < VL ? k : VL;
                for (int i = 0; i < VL; i++) x[i] = M[code[i < n ? 2 * i + 1 : 1]];
                functions1[function](x, x, (n + DOUBLES - 1) / DOUBLES * DOUBLES);
                for (int i = 0; i < n; i++) M[code[2 * i]] = x[i];
            }
            break;
        }
        case U_CALL2: {
            int function = code[1], k = code[2];
            code += 3;
            for (int n; k > 0; k -= n, code += 3 * n) {
                real a[VECTOR_BYTES / sizeof(real)] __attribute__((aligned(VECTOR_BYTES)));
                real b[VECTOR_BYTES / sizeof(real)] __attribute__((aligned(VECTOR_BYTES)));
                n = k < VL ? k : VL;
                for (int i = 0; i < VL; i++) a[i] = M[code[i < n ? 3 * i + 1 : 1]], b[i] = M[code[i < n ? 3 * i + 2 : 2]];
                functions2[function](a, a, 1, b, 1, (n + DOUBLES - 1) / DOUBLES * DOUBLES);
                for (int i = 0; i < n; i++) M[code[3 * i]] = a[i];
            }
            break;
        }
        case U_SELECT: {
            int k = code[1];
            code += 2;
            for (; k > 0; k--, code += 4) M[code[0]] = M[code[1]] != 0 ? M[code[2]] : M[code[3]];
            break;
        }
        case U_TAKE: {
            int64_t n = code[3], i = choice(M[code[2]], n);
            M[code[1]] = i < 0 ? (real)NAN : M[code[4 + i]];
            code += 4 + n;
            break;
        }
        }
    }
}

/* --- Varying instructions, on blocks of W vectors --- */

/* A sum's terms for one piece of a row, as many registers as there is room for. */
#define MOST_PIECE 8

INLINE void sum_piece(const int W, const int piece, vec *sum, const int32_t *code, const int32_t *n, const real *M,
                      const real *V) {
#define AT(word) ((const vec *)(V + (int64_t)(word) * (W * VL)))
    for (int i = 0; i < piece; i++) sum[i] = (vec){0};
    for (int k = n[0]; k > 0; k--, code += 2) {
        const vec *a = AT(code[0]), *b = AT(code[1]);
#pragma GCC unroll 8
        for (int i = 0; i < piece; i++) sum[i] += a[i] * b[i];
    }
    for (int k = n[1]; k > 0; k--, code += 2) {
        const vec *a = AT(code[0]), *b = AT(code[1]);
#pragma GCC unroll 8
        for (int i = 0; i < piece; i++) sum[i] -= a[i] * b[i];
    }
    for (int k = n[2]; k > 0; k--, code += 2) {
        const vec *a = AT(code[0]);
        const vec b = (vec){0} + M[code[1]];
#pragma GCC unroll 8
        for (int i = 0; i < piece; i++) sum[i] += a[i] * b;
    }
    for (int k = n[3]; k > 0; k--, code += 2) {
        const vec *a = AT(code[0]);
        const vec b = (vec){0} + M[code[1]];
#pragma GCC unroll 8
        for (int i = 0; i < piece; i++) sum[i] -= a[i] * b;
    }
    for (int k = n[4]; k > 0; k--, code++) {
        const vec *a = AT(code[0]);
#pragma GCC unroll 8
        for (int i = 0; i < piece; i++) sum[i] += a[i];
    }
#undef AT
}

INLINE void run_block(const int W, const int32_t *code, const int32_t *end, real *M, real *V, real *A, int64_t first,
                      int64_t samples) {
    const int lanes = W * VL, registers = lanes / LANES;
    const int piece = registers < MOST_PIECE ? registers : MOST_PIECE;
    const int valid = samples - first < lanes ? (int)(samples - first) : lanes;
#define SLOT(word) (V + (int64_t)(word) * lanes)
    while (code < end) {
        switch (code[0]) {
        case V_SUM: {
            real *y = SLOT(code[1]);
            const int32_t *n = code + 2, *terms = code + 8;
            const int32_t *singles = terms + 2 * ((int64_t)n[0] + n[1] + n[2] + n[3]) + n[4];
            for (int p = 0; p < registers; p += piece) {
                vec sum[MOST_PIECE];
                sum_piece(W, piece, sum, terms, n, M, V + p * LANES);
                real uniform = 0;
                for (int i = 0; i < n[5]; i++) uniform += M[singles[i]];
#pragma GCC unroll 8
                for (int i = 0; i < piece; i++) ((vec *)y)[p + i] = sum[i] + uniform;
            }
            code = singles + n[5];
            break;
        }
        case R_SUM: {
            vec *total = (vec *)(A + (int64_t)code[1] * VL);
            const int32_t *n = code + 2, *terms = code + 7;
            for (int p = 0; p < registers; p += piece) {
                vec sum[MOST_PIECE];
                sum_piece(W, piece, sum, terms, n, M, V + p * LANES);
                if (valid < lanes) {
                    real kept[MOST_PIECE * BYTES / sizeof(real)] __attribute__((aligned(BYTES)));
                    for (int i = 0; i < piece; i++) ((vec *)kept)[i] = sum[i];
                    for (int i = 0; i < piece * LANES; i++)
                        if (p * LANES + i >= valid) kept[i] = 0;
                    for (int i = 0; i < piece; i++) sum[i] = ((vec *)kept)[i];
                }
                /* register i of the piece belongs to register i of the accumulator's vector, as lanes go */
                const int own = VL / LANES;
                if (piece < own)
                    for (int i = 0; i < piece; i++) total[p % own + i] += sum[i];
                else
                    for (int j = 0; j < own; j++) {
                        vec s = sum[j];
                        for (int i = j + own; i < piece; i += own) s += sum[i];
                        total[j] += s;
                    }
            }
            code = terms + 2 * ((int64_t)n[0] + n[1] + n[2] + n[3]) + n[4];
            break;
        }
        case V_CALL1: {
            void (*function)(real *, const real *, int) = functions1[code[1]];
            int k = code[2];
            code += 3;
            for (; k > 0; k--, code += 2) function(SLOT(code[0]), SLOT(code[1]), lanes);
            break;
        }
        case V_CALL2: {
            void (*function)(real *, const real *, int, const real *, int, int) = functions2[code[1]];
            int kinds = code[2], k = code[3];
            code += 4;
            for (; k > 0; k--, code += 3) {
                if (kinds == 0) {
                    function(SLOT(code[0]), SLOT(code[1]), 1, SLOT(code[2]), 1, lanes);
                } else {
                    real same[VECTOR_BYTES / sizeof(real)] __attribute__((aligned(VECTOR_BYTES)));
                    real uniform = M[code[kinds == 1 ? 2 : 1]];
                    for (int i = 0; i < VL; i++) same[i] = uniform;
                    if (kinds == 1) function(SLOT(code[0]), SLOT(code[1]), 1, same, 0, lanes);
                    else function(SLOT(code[0]), same, 0, SLOT(code[2]), 1, lanes);
                }
            }
            break;
        }
        case V_SELECT: {
            int kinds = code[1], k = code[2];
            code += 3;
            for (; k > 0; k--, code += 4) {
                const real *c = kinds & 1 ? M + code[1] : SLOT(code[1]);
                const real *a = kinds & 2 ? M + code[2] : SLOT(code[2]);
                const real *b = kinds & 4 ? M + code[3] : SLOT(code[3]);
                real *y = SLOT(code[0]);
                for (int i = 0; i < lanes; i++)
                    y[i] = c[kinds & 1 ? 0 : i] != 0 ? a[kinds & 2 ? 0 : i] : b[kinds & 4 ? 0 : i];
            }
            break;
        }
        case V_TAKE: {
            real *y = SLOT(code[1]);
            const real *index = SLOT(code[2]);
            const int32_t *choices = code + 5;
            int kind = code[3];
            int64_t n = code[4];
            for (int lane = 0; lane < lanes; lane++) {
                int64_t i = choice(index[lane], n);
                y[lane] = i < 0 ? (real)NAN : kind == 0 ? M[choices[i]] : SLOT(choices[i])[lane];
            }
            code = choices + n;
            break;
        }
        case V_LOAD: {
            int k = code[1];
            code += 2;
            for (; k > 0; k--, code += 3) {
                real *y = SLOT(code[0]);
                const real *x = M + code[1];
                int64_t stride = code[2];
                if (stride == 1 && valid == lanes)
                    for (int i = 0; i < lanes; i += LANES) *(vec *)(y + i) = *(const unaligned *)(x + first + i);
                else
                    for (int i = 0; i < lanes; i++) y[i] = x[stride * (first + (i < valid ? i : valid - 1))];
            }
            break;
        }
        case V_STORE: {
            int k = code[1];
            code += 2;
            for (; k > 0; k--, code += 3) {
                const real *x = SLOT(code[0]);
                real *y = M + code[1];
                int64_t stride = code[2];
                if (stride == 1 && valid == lanes)
                    for (int i = 0; i < lanes; i += LANES) *(unaligned *)(y + first + i) = *(const vec *)(x + i);
                else
                    for (int i = 0; i < valid; i++) y[stride * (first + i)] = x[i];
            }
            break;
        }
        }
    }
#undef SLOT
}

/* Blocks first .. last-1 of a section. */
static void run_blocks(const int32_t *code, const Section *s, void *M, void *V, void *A, int64_t first, int64_t last) {
    const int32_t *begin = code + s->begin, *end = code + s->end;
    for (int64_t block = first; block < last; block++) {
        int64_t lanes = (int64_t)s->width * VL;
        real *own = (real *)V + (s->batch ? block * s->slots * lanes : 0);
        switch (s->width) {
        case 1: run_block(1, begin, end, M, own, A, block * lanes, s->samples); break;
        case 2: run_block(2, begin, end, M, own, A, block * lanes, s->samples); break;
        case 4: run_block(4, begin, end, M, own, A, block * lanes, s->samples); break;
        case 8: run_block(8, begin, end, M, own, A, block * lanes, s->samples); break;
        }
    }
}

/* M[target] = the sum of an accumulator's lanes over all threads: lane by lane, then the lanes pairwise. */
static void add_up(const Section *s, const int32_t *targets, void *M, const void *A, size_t apart, int threads) {
    for (int32_t a = 0; a < s->accumulators; a++) {
        real sum[VECTOR_BYTES / sizeof(real)] = {0};
        for (int thread = 0; thread < threads; thread++) {
            const real *own = (const real *)((const char *)A + thread * apart) + (int64_t)a * VL;
            for (int i = 0; i < VL; i++) sum[i] += own[i];
        }
        for (int half = VL / 2; half > 0; half /= 2)
            for (int i = 0; i < half; i++) sum[i] += sum[i + half];
        ((real *)M)[targets[a]] = sum[0];
    }
}

/* M[destination] = M[source], as if at once: all are read before any is written. */
static void copy(const int32_t *copies, int64_t n, void *memory, void *buffer) {
    real *M = memory, *read = buffer;
    for (int64_t i = 0; i < n; i++) read[i] = M[copies[2 * i + 1]];
    for (int64_t i = 0; i < n; i++) M[copies[2 * i]] = read[i];
}

static const Interpreter interpreter = {run_uniform, run_blocks, add_up, copy};

#undef VL
#undef LANES
#undef DOUBLES
#undef MOST_PIECE
#undef ROW1
#undef ROW2
#undef OF_1
#undef OF_ANGLE
#undef OF_1_BY_LIBM
#undef OF_2
#undef OF_2_BY_LIBM
#undef ENTRY

#endif
