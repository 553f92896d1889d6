/* kernel.c: what runs a compiled program.

   The idea: one instruction.  Nearly everything that a scalar program computes, and everything that reverse mode makes
   of it, is a sum of products, y = Σ aᵢ·bᵢ (a factor may be missing); what is left is functions of one or two operands.
   So a program is a list of int32 words, some headers and many indices, and this file is the interpreter of that list.
   A header is read once for a whole sum, and a sum serves a whole block of samples, so what remains is multiply-adds.

   Memory.  M holds one number for everything that is *uniform*, the same for all samples: inputs, constants, results,
   parameters.  V holds what is *varying*, one number per sample: a slot of V is a row of lanes, lane i of every slot
   belonging to sample i of the block.  A vector is 64 bytes, 8 doubles or 16 floats; a block is 1, 2, 4 or 8 vectors.
   A holds the accumulators, in which sums over the batch (weight gradients, mostly) are added up block by block.  They
   are doubles, so that of many blocks nothing is lost.

   A *section* is a piece of the program.  A uniform one runs once, on M.  A varying one runs once for every block of
   samples; blocks may go to several threads.

   Words.  u is an index of M, v a slot of V, acc an accumulator, n and k are counts, fn a function's number.

       U_SUM dst n_uu n_uum n_u        then n_uu pairs (u u), n_uum pairs, n_u single u
                                       M[dst] = Σ u·u over the first pairs − the same over the second + Σ u
       U_ROWS dst k n_tiles n_tilesm n_u   then tiles (a ia ja b ib jb n), tiles to subtract, singles (c ic): for every row
                                       i < k:  M[dst+i] = Σ M[a + i·ia + j·ja]·M[b + i·ib + j·jb] over the tiles, and over
                                       j < n in each, − the same over the second + Σ M[c + i·ic]
       U_CALL1 fn k                    then k × (dst a)        M[dst] = fn(M[a]); the calls don't depend on each other
       U_CALL2 fn k                    then k × (dst a b)
       U_SELECT k                      then k × (dst c a b)    M[dst] = M[c] ≠ 0 ? M[a] : M[b]
       U_TAKE dst idx n                then n × u              M[dst] = M[u of number ⌊M[idx]⌋], −1 being the last;
                                                               NaN where there is none
       V_SUM dst n_vv n_vvm n_vu n_vum n_v n_u    then pairs (v v), pairs (v v) to subtract, pairs (v u), pairs (v u)
                                                  to subtract, single v, single u
       R_SUM acc n_vv n_vvm n_vu n_vum n_v        as V_SUM, into an accumulator: A[acc] += the sum over the block
       V_ROWS dst k, counts as V_SUM   then pairs (a b ia ib), singles (a ia), for k rows: row i goes to dst + i, and its
                                       operands are a + i·ia and b + i·ib
       R_ROWS acc k, counts as R_SUM   likewise, into acc + i
       V_GRID dst m k n_vu n_v         then pairs (a b ia jb), singles (c ic jc), for m times k rows: row (i, j) goes to
                                       dst + i·k + j, and its operands are a + i·ia, b + j·jb and c + i·ic + j·jc
       R_GRID acc m k n_vv             then pairs (a b ia jb), into acc + i·k + j
       V_CALL1 fn k                    then k × (dst a)
       V_CALL2 fn kinds k              then k × (dst a b); kinds 0: both v, 1: b is a u, 2: a is a u
       V_SELECT mask k                 then k × (dst c a b); bits 0, 1, 2 of the mask: c, a, b is a u
       V_TAKE dst idx kind n           then n × u (kind 0) or n × v (kind 1); idx is a v
       V_LOAD k                        then k × (dst start stride)    lane of sample s = M[start + stride·s]
       V_STORE k                       then k × (src start stride)    M[start + stride·s] = lane of sample s

   kernel_check reads every word once, before a program first runs: whatever it lets pass can neither reach outside its
   memory nor run for ever.  The interpreter itself then checks nothing.

   Instruction sets.  The vectors are those of GCC's and Clang's vector extensions, so the text below is plain C
   arithmetic.  The file includes itself: its second part, the functions, is compiled once per instruction set, its third
   and fourth, the interpreters, once per instruction set and real type.  kernel_run picks among them when it is called. */

#ifndef KERNEL_PART

#ifndef __GNUC__
#error "the kernel is written with the vector extensions of GCC and Clang"
#endif

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifndef _WIN32
#include <pthread.h>
#include <sched.h>
#endif

#if defined(__x86_64__) && defined(__GNUC__) && !defined(KERNEL_BASELINE_ONLY)
#define KERNEL_X86 1
#include <immintrin.h>
#else
#define KERNEL_X86 0
#endif

#pragma GCC diagnostic ignored "-Wpsabi" /* vectors only ever pass between functions that are inlined */

#define INLINE static inline __attribute__((always_inline, unused))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif
#define VECTOR_BYTES 64

enum { U_SUM, U_ROWS, U_CALL1, U_CALL2, U_SELECT, U_TAKE, V_SUM, V_ROWS, V_GRID, R_SUM, R_ROWS, R_GRID,
       V_CALL1, V_CALL2, V_SELECT, V_TAKE, V_LOAD, V_STORE, OPS };

const char *const kernel_ops[] = {"U_SUM",   "U_ROWS",  "U_CALL1",  "U_CALL2", "U_SELECT", "U_TAKE",  "V_SUM",
                                  "V_ROWS",  "V_GRID",  "R_SUM",    "R_ROWS",  "R_GRID",   "V_CALL1", "V_CALL2",
                                  "V_SELECT", "V_TAKE", "V_LOAD",   "V_STORE", NULL};

/* Numbers from here on are faster forms, which kernel_shorten puts in the place of sums with few kinds of terms:
   SHORT_SUM(n_uu, n_uum, n_u) is a U_SUM with these counts, the others have none but the counts that they are named
   after. */
enum { V_SUM_VU = OPS, V_SUM_VV, R_SUM_VV, U_SHORT_SUM };
#define MOST_PLUS 7
#define MOST_MINUS 1
#define MOST_SINGLE 2
#define SHORT_SUM(plus, minus, single)                                                                                 \
    (U_SHORT_SUM + ((plus) * (MOST_MINUS + 1) + (minus)) * (MOST_SINGLE + 1) + (single))
#define ALL_OPS SHORT_SUM(MOST_PLUS + 1, 0, 0)

enum {
    EXP, EXPM1, LOG, LOG1P, LOG2, LOG10, SQRT, CBRT, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, TANH, SECH, ASINH,
    ACOSH, ATANH, SIGMOID, SOFTPLUS, RELU, SILU, GELU, ERF, ERFC, SIGN, FLOOR, CEIL, TRUNC,
    ROUND, ABS, FUNCTIONS1
};

const char *const kernel_functions1[] = {
    "exp",  "expm1", "log",   "log1p", "log2",  "log10",   "sqrt",     "cbrt", "sin",  "cos",  "tan",
    "asin", "acos",  "atan",  "sinh",  "cosh",  "tanh",    "sech",     "asinh", "acosh", "atanh", "sigmoid",
    "softplus", "relu", "silu", "gelu", "erf",  "erfc",    "sign",     "floor", "ceil", "trunc",
    "round", "abs",  NULL};

enum { RATIO, POW, MOD, FLOORDIV, MAXIMUM, MINIMUM, HYPOT, ATAN2, LEAKY_RELU, ELU, LESS, LESS_EQUAL, EQUAL, FUNCTIONS2 };

const char *const kernel_functions2[] = {"ratio", "pow", "mod", "floordiv", "maximum", "minimum", "hypot", "atan2",
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

/* Are first + i·stride + j·stride2 from 0 to below the limit, for all i < k and j < n? */
static int within(int64_t first, int64_t stride, int64_t k, int64_t stride2, int64_t n, int64_t limit) {
    if (k < 1 || n < 1) return 1;
    int64_t most = (int64_t)1 << 31;
    if (k > most || n > most || stride < -most || stride > most || stride2 < -most || stride2 > most) return 0;
    __int128 rows = (__int128)stride * (k - 1), terms = (__int128)stride2 * (n - 1);
    __int128 low = first + (rows < 0 ? rows : 0) + (terms < 0 ? terms : 0);
    __int128 high = first + (rows > 0 ? rows : 0) + (terms > 0 ? terms : 0);
    return low >= 0 && high < limit;
}

/* Where the k rows of a result go. */
static int64_t rows(Reader *r, int64_t limit) {
    int64_t at = r->at, first = below(r, limit, BAD_INDEX), k = count(r);
    if (!r->reason && !within(first, 1, k, 0, 1, limit)) {
        r->at = at;
        fail(r, BAD_INDEX);
    }
    return k;
}

/* An operand of k rows: its index at word 0, its stride so many words on. */
static void row_operand(Reader *r, int word, int stride, int64_t k, int64_t limit) {
    if (r->reason) return;
    if (!within(r->code[r->at + word], r->code[r->at + stride], k, 0, 1, limit)) {
        r->at += word;
        fail(r, BAD_INDEX);
    }
}

static void check_rows_of_sums(Reader *r, int64_t limit, const char *kinds, int n_kinds) {
    int64_t counts[8], k = rows(r, limit);
    for (int i = 0; i < n_kinds; i++) counts[i] = count(r);
    for (int i = 0; i < n_kinds; i++) {
        int pair = kinds[2 * i + 1] != ' ', words = pair ? 4 : 2;
        for (int64_t n = 0; n < counts[i] && !r->reason && there_are(r, words); n++) {
            row_operand(r, 0, pair ? 2 : 1, k, kinds[2 * i] == 'u' ? r->memory : r->section->slots);
            if (pair) row_operand(r, 1, 3, k, kinds[2 * i + 1] == 'u' ? r->memory : r->section->slots);
            if (!r->reason) r->at += words;
        }
    }
}

static void check_tiles(Reader *r) {
    int64_t k = rows(r, r->memory), tiles = count(r), minus = count(r), singles = count(r);
    for (int64_t i = 0; i < tiles + minus && !r->reason && there_are(r, 7); i++) {
        const int32_t *t = r->code + r->at;
        if (t[6] < 0 || k * t[6] > INT32_MAX) fail(r, BAD_COUNT);
        else if (!within(t[0], t[1], k, t[2], t[6], r->memory) || !within(t[3], t[4], k, t[5], t[6], r->memory))
            fail(r, BAD_INDEX);
        else r->at += 7;
    }
    for (int64_t i = 0; i < singles && !r->reason && there_are(r, 2); i++) {
        row_operand(r, 0, 1, k, r->memory);
        if (!r->reason) r->at += 2;
    }
}

/* V_GRID, or (reduces) R_GRID. */
static void check_grid(Reader *r, int reduces) {
    int64_t at = r->at, limit = reduces ? r->section->accumulators : r->section->slots;
    int64_t first = below(r, limit, BAD_INDEX), m = count(r), k = count(r), pairs = count(r), singles = reduces ? 0 : count(r);
    if (!r->reason && m * k > INT32_MAX) fail(r, BAD_COUNT);
    else if (!r->reason && !within(first, 1, m * k, 0, 1, limit)) {
        r->at = at;
        fail(r, BAD_INDEX);
    }
    for (; pairs > 0 && !r->reason && there_are(r, 4); pairs--) {
        row_operand(r, 0, 2, m, r->section->slots);
        row_operand(r, 1, 3, k, reduces ? r->section->slots : r->memory);
        if (!r->reason) r->at += 4;
    }
    for (; singles > 0 && !r->reason && there_are(r, 3); singles--) {
        const int32_t *c = r->code + r->at;
        if (!within(c[0], c[1], m, c[2], k, r->section->slots)) fail(r, BAD_INDEX);
        else r->at += 3;
    }
}

/* The faster form of a sum, or its own number if there is none; the words after it are the destination and the counts. */
static int faster(int op, const int32_t *words) {
    const int32_t *n = words + 1;
    if (op == U_SUM && n[0] >= 0 && n[0] <= MOST_PLUS && n[1] >= 0 && n[1] <= MOST_MINUS && n[2] >= 0 && n[2] <= MOST_SINGLE)
        return SHORT_SUM(n[0], n[1], n[2]);
    if (op == V_SUM && n[0] == 0 && n[1] == 0 && n[3] == 0 && n[4] == 0 && n[5] == 0) return V_SUM_VU;
    if (op == V_SUM && n[1] == 0 && n[2] == 0 && n[3] == 0 && n[4] == 0 && n[5] == 0) return V_SUM_VV;
    if (op == R_SUM && n[1] == 0 && n[2] == 0 && n[3] == 0 && n[4] == 0) return R_SUM_VV;
    return op;
}

static void check_instruction(Reader *r) {
    int64_t op = below(r, ALL_OPS, BAD_OP), kinds, k;
    if (op < 0) return;
    if ((op > U_TAKE && op < U_SHORT_SUM) != r->section->varying) {
        r->at--;
        fail(r, BAD_PLACE);
        return;
    }
    if (op >= OPS) { /* a faster form, which must be what it says */
        int general = op >= U_SHORT_SUM ? U_SUM : op == R_SUM_VV ? R_SUM : V_SUM;
        if (!there_are(r, general == U_SUM ? 4 : general == V_SUM ? 7 : 6)) return;
        if (faster(general, r->code + r->at) != op) {
            fail(r, BAD_COUNT);
            return;
        }
        op = general;
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
    case U_ROWS: check_tiles(r); break;
    case V_ROWS: check_rows_of_sums(r, r->section->slots, "vvvvvuvuv u ", 6); break;
    case R_ROWS: check_rows_of_sums(r, r->section->accumulators, "vvvvvuvuv ", 5); break;
    case V_GRID: check_grid(r, 0); break;
    case R_GRID: check_grid(r, 1); break;
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

/* Puts faster forms in the place of sums; code is p->code.  The words are to be checked afterwards. */
void kernel_shorten(const Program *p, int32_t *code) {
    for (int32_t i = 0; i < p->n_sections; i++) {
        const Section *s = &p->sections[i];
        if (s->begin < 0 || s->end < s->begin || s->end > p->words) continue;
        Reader r = {p->code, s->begin, s->end, p->memory, s, FINE};
        while (r.at < r.end) {
            int32_t *words = code + r.at;
            check_instruction(&r);
            if (r.reason) break;
            if (words[0] == U_SUM || words[0] == V_SUM || words[0] == R_SUM) words[0] = faster(words[0], words + 1);
        }
    }
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
    *accumulators = rounded(a * sizeof(double));
    return *accumulators + slots * VECTOR_BYTES;
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

/* --- What the other parts share --- */

/* libm's functions, where there is none for vectors. */
static double (*const libm1[FUNCTIONS1])(double) = {
    [CBRT] = cbrt, [TAN] = tan,   [ASIN] = asin,   [ACOS] = acos,   [ATAN] = atan,
    [SINH] = sinh, [COSH] = cosh, [ASINH] = asinh, [ACOSH] = acosh, [ATANH] = atanh};

static double power(double a, double b) {
    if (b == 2.0) return a * a;
    if (b == -1.0) return 1.0 / a;
    if (a > 0.0) {
        if (b == 0.5) return sqrt(a);
        if (b == -0.5) return 1.0 / sqrt(a);
        if (b == 1.5) return a * sqrt(a);
    }
    return pow(a, b);
}

/* What is left of a / b, with the sign of b, as Python's % has it. */
static double mod(double a, double b) {
    double rest = fmod(a, b);
    return rest == 0.0 ? copysign(0.0, b) : (rest < 0.0) != (b < 0.0) ? rest + b : rest;
}

/* ⌊a / b⌋ from the exact remainder, as Python's // has it; a / b for b = 0. */
static double floordiv(double a, double b) {
    if (b == 0.0) return a / b;
    double rest = fmod(a, b);
    double quotient = (a - rest) / b - (rest != 0.0 && (rest < 0.0) != (b < 0.0) ? 1.0 : 0.0);
    if (quotient == 0.0) return copysign(0.0, a / b);
    double whole = floor(quotient);
    return quotient - whole > 0.5 ? whole + 1.0 : whole;
}

static double (*const libm2[FUNCTIONS2])(double, double) = {
    [POW] = power, [MOD] = mod, [FLOORDIV] = floordiv, [HYPOT] = hypot, [ATAN2] = atan2};

/* Is x^b a few multiplications, a square root and a division at most? */
static int is_quick_exponent(double b) { return b != 0.0 && fabs(b) <= 4.0 && floor(2.0 * b) == 2.0 * b; }

/* The number of the choice that an index means: whole numbers from 0, or from -1 downwards for the last; -1 if none. */
static inline int64_t choice(double index, int64_t n) {
    double whole = floor(index);
    if (whole < 0.0) whole += (double)n;
    return whole >= 0.0 && whole < (double)n ? (int64_t)whole : -1;
}

/* --- Names of the other parts: each gets the instruction set's, and where it depends on it the real type's,
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
#define halves_of_doubles ISA_NAME(halves_of_doubles)
#define halves_of_floats ISA_NAME(halves_of_floats)
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
#define of_large_angles ISA_NAME(of_large_angles)
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
#define ceil_of ISA_NAME(ceil_of)
#define trunc_of ISA_NAME(trunc_of)
#define round_of ISA_NAME(round_of)
#define ratio_of ISA_NAME(ratio_of)
#define maximum_of ISA_NAME(maximum_of)
#define minimum_of ISA_NAME(minimum_of)
#define leaky_relu_of ISA_NAME(leaky_relu_of)
#define elu_of ISA_NAME(elu_of)
#define less_of ISA_NAME(less_of)
#define less_equal_of ISA_NAME(less_equal_of)
#define equal_of ISA_NAME(equal_of)
#define power_of ISA_NAME(power_of)

#define real REAL_NAME(real)
#define vec REAL_NAME(vec)
#define unaligned REAL_NAME(unaligned)
#define narrow REAL_NAME(narrow)
#define mask REAL_NAME(mask)
#define product REAL_NAME(product)
#define products REAL_NAME(products)
#define short_sum REAL_NAME(short_sum)
#define run_uniform REAL_NAME(run_uniform)
#define copy REAL_NAME(copy)
#define get REAL_NAME(get)
#define put REAL_NAME(put)
#define row_of_one REAL_NAME(row_of_one)
#define row_of_two REAL_NAME(row_of_two)
#define sum_piece REAL_NAME(sum_piece)
#define v_sum REAL_NAME(v_sum)
#define r_sum REAL_NAME(r_sum)
#define rows_piece REAL_NAME(rows_piece)
#define some_rows REAL_NAME(some_rows)
#define all_rows REAL_NAME(all_rows)
#define add_lanes REAL_NAME(add_lanes)
#define v_tile REAL_NAME(v_tile)
#define v_grid REAL_NAME(v_grid)
#define r_tile REAL_NAME(r_tile)
#define r_tiles REAL_NAME(r_tiles)
#define r_grid REAL_NAME(r_grid)
#define dot REAL_NAME(dot)
#define four_dots REAL_NAME(four_dots)
#define tile_of_rows REAL_NAME(tile_of_rows)
#define are_neighbours REAL_NAME(are_neighbours)
#define run_tiles REAL_NAME(run_tiles)
#define run_block REAL_NAME(run_block)
#define neighbours REAL_NAME(neighbours)
#define run_blocks REAL_NAME(run_blocks)
#define add_up REAL_NAME(add_up)
#define of_one REAL_NAME(of_one)
#define of_two REAL_NAME(of_two)
#define rows_of_one REAL_NAME(rows_of_one)
#define rows_of_two REAL_NAME(rows_of_two)

/* What the third and fourth part offer, for one instruction set and real type. */
typedef const int32_t *Tiles(const int32_t *code, void *M); /* runs a U_ROWS; the result is the next instruction */
typedef struct {
    void (*uniform)(const int32_t *code, const int32_t *end, void *M, Tiles *tiles);
    Tiles *tiles;
    void (*move)(const int32_t *copies, int64_t n, void *M, void *buffer);
    void (*blocks)(const int32_t *code, const Section *s, void *M, void *V, double *A, int64_t first, int64_t last);
    void (*sums)(const Section *s, const int32_t *targets, void *M, double *A, size_t apart, int threads);
} Interpreter;

#define FUNCTIONS_PART 1
#define UNIFORM_PART 2
#define VARYING_PART 3

#if KERNEL_X86
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,bmi,bmi2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,bmi,bmi2")
#endif
#define ISA v4
#define BYTES 64
#define KERNEL_PART FUNCTIONS_PART
#include "kernel.c"
#undef KERNEL_PART
#define KERNEL_PART VARYING_PART
#define REAL double
#include "kernel.c"
#undef REAL
#define REAL float
#include "kernel.c"
#undef REAL
#undef KERNEL_PART
#undef BYTES
#undef ISA
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi,bmi2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi,bmi2")
#endif
#define ISA v3
#define BYTES 32
#define KERNEL_PART FUNCTIONS_PART
#include "kernel.c"
#undef KERNEL_PART
#define KERNEL_PART VARYING_PART
#define REAL double
#include "kernel.c"
#undef REAL
#define REAL float
#include "kernel.c"
#undef REAL
#undef KERNEL_PART
#undef BYTES
#undef ISA

#define ISA v3_pairs
#define BYTES 16
#define KERNEL_PART FUNCTIONS_PART
#include "kernel.c"
#undef KERNEL_PART
#define KERNEL_PART UNIFORM_PART
#define REAL double
#include "kernel.c"
#undef REAL
#define REAL float
#include "kernel.c"
#undef REAL
#undef KERNEL_PART
#undef BYTES
#undef ISA
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

#define ISA base
#define BYTES 16
#define KERNEL_PART FUNCTIONS_PART
#include "kernel.c"
#undef KERNEL_PART
#define KERNEL_PART UNIFORM_PART
#define REAL double
#include "kernel.c"
#undef REAL
#define REAL float
#include "kernel.c"
#undef REAL
#undef KERNEL_PART
#define KERNEL_PART VARYING_PART
#define REAL double
#include "kernel.c"
#undef REAL
#define REAL float
#include "kernel.c"
#undef REAL
#undef KERNEL_PART

/* Best first; the last is there on every machine. */
#define INTERPRETER(uniform, varying, real)                                                                            \
    {run_uniform_##uniform##_##real, run_tiles_##varying##_##real, copy_##uniform##_##real, run_blocks_##varying##_##real, add_up_##varying##_##real}
#if KERNEL_X86
const char *const kernel_instruction_sets[] = {"x86-64-v4", "x86-64-v3", "baseline", NULL};
static const Interpreter interpreters[][2] = {
    {INTERPRETER(v3_pairs, v4, double), INTERPRETER(v3_pairs, v4, float)},
    {INTERPRETER(v3_pairs, v3, double), INTERPRETER(v3_pairs, v3, float)},
    {INTERPRETER(base, base, double), INTERPRETER(base, base, float)},
};
#else
const char *const kernel_instruction_sets[] = {"baseline", NULL};
static const Interpreter interpreters[][2] = {{INTERPRETER(base, base, double), INTERPRETER(base, base, float)}};
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
    int apart;               /* no copy reads what another one writes */
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
    char *own = run->threads_memory + (size_t)thread * run->thread_bytes;
    double *A = (double *)own;
    char *V = s->batch ? run->batches_memory + batch_offset(p, number) : own + run->accumulator_bytes;
    int64_t blocks = blocks_of(s, lanes_of(p));
    memset(A, 0, run->accumulator_bytes);
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
                if (worker->number == 0) run->interpreter->uniform(p->code + s->begin, p->code + s->end, run->M, run->interpreter->tiles);
                meet(run);
            }
        }
        if (worker->number == 0 && p->n_copies)
            run->interpreter->move(p->copies, p->n_copies, run->M, run->apart ? NULL : run->copies_buffer);
        meet(run);
    }
    return NULL;
}

#define MOST_THREADS 256

/* Are all destinations before all sources, or behind them? */
static int are_apart(const int32_t *copies, int64_t n) {
    int32_t low[2] = {INT32_MAX, INT32_MAX}, high[2] = {-1, -1};
    for (int64_t i = 0; i < 2 * n; i++) {
        if (copies[i] < low[i % 2]) low[i % 2] = copies[i];
        if (copies[i] > high[i % 2]) high[i % 2] = copies[i];
    }
    return high[0] < low[1] || high[1] < low[0];
}

/* Runs a checked program that many times on M.  The scratch memory is kernel_scratch(p, threads) bytes, aligned to 64;
   of threads that can't be started, the others do the work.  The result is 0, or -1 for an instruction set that this
   machine lacks. */
int kernel_run(const Program *p, void *M, void *scratch, int64_t repeats, int threads, int set) {
    if (set < 0 || !kernel_supports(set)) return -1;
    threads = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
#ifdef _WIN32
    threads = 1;
#endif
    Run run = {.program = p, .interpreter = &interpreters[set][p->single], .M = M, .copies_buffer = scratch,
               .repeats = repeats, .apart = are_apart(p->copies, p->n_copies)};
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

   Where coefficients stand, they were computed for this file by Remez exchange with 80 digits (tests/compiler/fits.py prints
   them) and rounded to doubles; the error beside them is the largest on the interval, after rounding. === */

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

INLINE doubles all(double x) { return x - (doubles){0}; } /* x in every lane */

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

/* The halves of a register of 64 bytes, added; one of 32 bytes as it is. */
#if BYTES == 64
INLINE __m256d halves_of_doubles(doubles x) {
    return _mm512_castpd512_pd256((__m512d)x) + _mm512_extractf64x4_pd((__m512d)x, 1);
}
INLINE __m256 halves_of_floats(doubles x) {
    return _mm512_castps512_ps256((__m512)x) + _mm512_extractf32x8_ps((__m512)x, 1);
}
#elif BYTES == 32
INLINE __m256d halves_of_doubles(doubles x) { return (__m256d)x; }
INLINE __m256 halves_of_floats(doubles x) { return (__m256)x; }
#endif

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
    /* (e^r - 1 - r) / r² for |r| <= ln 2 / 2 (and a little more): degree 9, error 2^-53 before the factor r² <= 0.12.
       Summed in pairs, pairs of pairs and so on: more multiplications than Horner's rule, but less waiting. */
    doubles r2 = r * r, r4 = r2 * r2;
    doubles q01 = 0.5000000000000001 + r * 0.16666666666666674;
    doubles q23 = 0.04166666666662382 + r * 0.008333333333322143;
    doubles q45 = 0.0013888888917368432 + r * 0.00019841269886786432;
    doubles q67 = 2.4801521055959415e-05 + r * 2.755724211507995e-06;
    doubles q89 = 2.762020242431835e-07 + r * 2.511013414481974e-08;
    doubles q = (q01 + r2 * q23) + r4 * ((q45 + r2 * q67) + r4 * q89);
    return r + r2 * q;
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
    /* (2 artanh(s) / s - 2) / z for 0 <= z <= (√2-1)²/(√2+1)²: degree 6, error 2^-51.5 before the factor z/2 <= 0.015. */
    doubles p = z * 0.14619098646368867 + 0.15331497590508059;
    p = p * z + 0.18182896214564698;
    p = p * z + 0.2222221103162108;
    p = p * z + 0.2857142862665249;
    p = p * z + 0.39999999999897884;
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
    doubles p = z * 1.5918002195558476e-10 + -2.505113010235719e-08;
    p = p * z + 2.7557316094324314e-06;
    p = p * z + -0.00019841269836743053;
    p = p * z + 0.00833333333333094;
    p = p * z + -0.16666666666666666;
    return r + r * z * p;
}

/* cos r likewise. */
INLINE doubles cos_series(doubles z) {
    /* (cos(r) - 1 + z/2) / z²: degree 5, error 2^-58.6 before the factor z² <= 0.38. */
    doubles p = z * -1.1382551992967853e-11 + 2.0876145164029892e-09;
    p = p * z + -2.755731726650578e-07;
    p = p * z + 2.480158729875581e-05;
    p = p * z + -0.001388888888888739;
    p = p * z + 0.041666666666666664;
    return 1.0 - (z * 0.5 - z * z * p);
}

/* Of angles too large for quarter_turns, of infinities and NaN: libm's sine or cosine; else y. */
INLINE doubles of_large_angles(double (*function)(double), doubles x, doubles y) {
    if (__builtin_expect(any(~(bits)(abs_of(x) <= MOST_TURNED)), 0))
        for (size_t i = 0; i < sizeof x / sizeof x[0]; i++)
            if (!(fabs(x[i]) <= MOST_TURNED)) y[i] = function(x[i]);
    return y;
}

INLINE doubles sin_of(doubles x) {
    doubles whole, r = quarter_turns(abs_of(x), &whole), z = r * r;
    bits odd = -((bits)whole & 1), negative = ((bits)whole >> 1) << 63;
    doubles y = select(odd, cos_series(z), sin_series(r, z));
    return of_large_angles(sin, x, (doubles)((bits)y ^ negative ^ ((bits)x & SIGN_BIT)));
}

INLINE doubles cos_of(doubles x) {
    doubles whole, r = quarter_turns(abs_of(x), &whole), z = r * r;
    bits odd = -((bits)whole & 1), negative = (((bits)whole + 1) >> 1) << 63;
    doubles y = select(odd, sin_series(r, z), cos_series(z));
    return of_large_angles(cos, x, (doubles)((bits)y ^ negative));
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

/* e^(z²)·erfc(z) for 0 <= z <= 28, as (1 + s·P(t)) / (1 + 2z) with s = 2z / (z + 4) and t = s - 1 = (z - 4) / (z + 4),
   which folds the half-line into an interval. */
INLINE doubles erfcx_of(doubles z) {
    doubles s = 2.0 * z / (z + 4.0), t = s - 1.0;
    /* ((1 + 2z)·e^(z²)·erfc(z) - 1) / s for -1 <= t <= 0.75: degree 22, error 2^-55.7 before the factor s <= 1.75. */
    doubles p = t * 8.850143239142741e-10 + -2.05173211204387e-10;
    p = p * t + -1.399798029067366e-08;
    p = p * t + -8.943190801337973e-10;
    p = p * t + 1.131677906863313e-07;
    p = p * t + -4.1730444660306387e-08;
    p = p * t + -7.873346828361192e-07;
    p = p * t + 1.0828376738122758e-06;
    p = p * t + 4.629779881183139e-06;
    p = p * t + -1.5852226015888317e-05;
    p = p * t + -8.54832824253819e-06;
    p = p * t + 0.00015917000242236757;
    p = p * t + -0.0003584263105641703;
    p = p * t + -0.0003993469499236402;
    p = p * t + 0.0054313168583165605;
    p = p * t + -0.021629050923363858;
    p = p * t + 0.05879656646839549;
    p = p * t + -0.12512693227978564;
    p = p * t + 0.21885976727768283;
    p = p * t + -0.3198988333140305;
    p = p * t + 0.3879958875687357;
    p = p * t + -0.3726162354661151;
    p = p * t + 0.2329951186255525;
    return (s * p + 1.0) / (z * 2.0 + 1.0);
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
    doubles p = z * 6.177713942378188e-11 + -1.150234697264376e-09;
    p = p * z + 1.4692957600042869e-08;
    p = p * z + -1.6355182081424652e-07;
    p = p * z + 1.6461451948343652e-06;
    p = p * z + -1.4925622787869271e-05;
    p = p * z + 0.00012055332224462718;
    p = p * z + -0.0008548327010242315;
    p = p * z + 0.005223977625306133;
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

INLINE doubles ceil_of(doubles x) { return 0.0 - floor_of(-x); } /* floor gives no -0, and this neither */

INLINE doubles trunc_of(doubles x) { return with_sign_of(x, floor_of(abs_of(x))) + 0.0; }

/* To the even one of two: the rounding of the addition. */
INLINE doubles round_of(doubles x) {
    doubles large = with_sign_of(x, all(0x1p52));
    return select((bits)(abs_of(x) < 0x1p52), (x + large) - large, x) + 0.0;
}

INLINE doubles ratio_of(doubles a, doubles b) { return a / b; }
INLINE doubles maximum_of(doubles a, doubles b) { return select((bits)(a >= b) | (bits)(a != a), a, b); }
INLINE doubles minimum_of(doubles a, doubles b) { return select((bits)(a <= b) | (bits)(a != a), a, b); }
INLINE doubles leaky_relu_of(doubles x, doubles slope) { return select((bits)(x > 0.0), x, slope * x); }
INLINE doubles elu_of(doubles x, doubles alpha) { return select((bits)(x > 0.0), x, alpha * expm1_of(x)); }
INLINE doubles less_of(doubles a, doubles b) { return select((bits)(a < b), all(1.0), all(0.0)); }
INLINE doubles less_equal_of(doubles a, doubles b) { return select((bits)(a <= b), all(1.0), all(0.0)); }
INLINE doubles equal_of(doubles a, doubles b) { return select((bits)(a == b), all(1.0), all(0.0)); }

/* x^b for a quick exponent b. */
INLINE doubles power_of(doubles x, double b) {
    doubles y = x - (doubles){0};
    if (fabs(b) < 1.0) y = sqrt_of(x);
    for (int i = 2; i <= (int)fabs(b); i++) y *= x;
    if (fabs(b) > 1.0 && fabs(b) != floor(fabs(b))) y *= sqrt_of(x);
    bits unsure = (bits){0}; /* of infinite and vanishing intermediates, and of libm's special cases */
    if (b != floor(b)) unsure = ~(bits)(x > 0.0);
    if (b < 0.0) {
        unsure |= ~((bits)(abs_of(y) >= 0x1p-1022) & (bits)(abs_of(y) <= 0x1p1022));
        y = 1.0 / y;
    }
    if (__builtin_expect(any(unsure), 0))
        for (size_t i = 0; i < sizeof x / sizeof x[0]; i++)
            if (unsure[i]) y[i] = pow(x[i], b);
    return y;
}

#elif KERNEL_PART == UNIFORM_PART

/* === The third part: uniform sections, for one instruction set with registers of two doubles, and one real type (REAL).
   Independent calls of one function are done two at a time. === */

typedef REAL real;

#define OF(number, name) [number] = name##_of

static doubles (*const of_one[FUNCTIONS1])(doubles) = {
    OF(EXP, exp),           OF(EXPM1, expm1), OF(LOG, log),   OF(LOG1P, log1p), OF(LOG2, log2), OF(LOG10, log10),
    OF(SQRT, sqrt),         OF(SIN, sin),     OF(COS, cos),   OF(TANH, tanh),   OF(SECH, sech), OF(SIGMOID, sigmoid),
    OF(SOFTPLUS, softplus), OF(RELU, relu),   OF(SILU, silu), OF(GELU, gelu),   OF(ERF, erf),   OF(ERFC, erfc),
    OF(SIGN, sign),         OF(FLOOR, floor), OF(CEIL, ceil), OF(TRUNC, trunc), OF(ROUND, round), OF(ABS, abs)};

static doubles (*const of_two[FUNCTIONS2])(doubles, doubles) = {
    OF(RATIO, ratio),     OF(MAXIMUM, maximum), OF(MINIMUM, minimum),       OF(LEAKY_RELU, leaky_relu),
    OF(ELU, elu),         OF(LESS, less),       OF(LESS_EQUAL, less_equal), OF(EQUAL, equal)};

#undef OF

/* Σ of n products, in four chains so that one needn't wait for the other.  A pair of words is read as one: since a·b is
   b·a, it doesn't matter which half is which. */
INLINE real product(const int32_t *pair, const real *M) {
    uint64_t both;
    memcpy(&both, pair, sizeof both);
    return M[(uint32_t)both] * M[both >> 32];
}

INLINE real products(const int32_t *pairs, int64_t n, const real *M) {
    real s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (; n >= 4; n -= 4, pairs += 8) {
        s0 += product(pairs, M);
        s1 += product(pairs + 2, M);
        s2 += product(pairs + 4, M);
        s3 += product(pairs + 6, M);
    }
    if (n > 0) s0 += product(pairs, M);
    if (n > 1) s1 += product(pairs + 2, M);
    if (n > 2) s2 += product(pairs + 4, M);
    return (s0 + s1) + (s2 + s3);
}

/* A sum whose counts are known when this file is compiled. */
INLINE const int32_t *short_sum(const int n_plus, const int n_minus, const int n_single, const int32_t *code, real *M) {
    const int32_t *terms = code + 5, *minus = terms + 2 * n_plus, *single = minus + 2 * n_minus;
    real even = n_single ? M[single[0]] : 0, odd = n_single > 1 ? M[single[1]] : 0;
    if (n_plus) even = n_single ? even + product(terms, M) : product(terms, M);
    if (n_plus > 1) odd = n_single > 1 ? odd + product(terms + 2, M) : product(terms + 2, M);
    UNROLL
    for (int i = 2; i < n_plus; i++)
        if (i % 2) odd += product(terms + 2 * i, M);
        else even += product(terms + 2 * i, M);
    if (n_minus) even = n_plus || n_single ? even - product(minus, M) : -product(minus, M);
    M[code[1]] = n_plus > 1 || n_single > 1 ? even + odd : even;
    return single + n_single;
}

static void run_uniform(const int32_t *code, const int32_t *end, void *memory, Tiles *tiles) {
    real *M = memory;
    while (code < end) {
        switch (code[0]) {
#define ONE_SUM(plus, minus, single)                                                                                   \
    case SHORT_SUM(plus, minus, single): code = short_sum(plus, minus, single, code, M); break;
#define SUMS(plus)                                                                                                     \
    ONE_SUM(plus, 0, 0) ONE_SUM(plus, 0, 1) ONE_SUM(plus, 0, 2)                                                        \
    ONE_SUM(plus, 1, 0) ONE_SUM(plus, 1, 1) ONE_SUM(plus, 1, 2)
        SUMS(0) SUMS(1) SUMS(2) SUMS(3) SUMS(4) SUMS(5) SUMS(6) SUMS(7)
#undef SUMS
#undef ONE_SUM
        case U_SUM: {
            real *y = M + code[1];
            int64_t n_plus = code[2], n_minus = code[3], n_single = code[4];
            code += 5;
            real sum = products(code, n_plus, M);
            code += 2 * n_plus;
            if (n_minus) sum -= products(code, n_minus, M);
            code += 2 * n_minus;
            for (int64_t i = 0; i < n_single; i++) sum += M[code[i]];
            code += n_single;
            *y = sum;
            break;
        }
        case U_ROWS: code = tiles(code, M); break;
        case U_CALL1: {
            doubles (*vector)(doubles) = of_one[code[1]];
            double (*scalar)(double) = libm1[code[1]];
            int k = code[2];
            for (code += 3; k > 0; k -= 2, code += 4) {
                int second = k > 1 ? 2 : 0; /* a lone call is done twice */
                doubles x = {(double)M[code[1]], (double)M[code[second + 1]]}, y;
                if (vector) y = vector(x);
                else y = (doubles){scalar(x[0]), second ? scalar(x[1]) : 0.0};
                M[code[0]] = (real)y[0];
                if (second) M[code[2]] = (real)y[1];
            }
            if (k < 0) code -= 2;
            break;
        }
        case U_CALL2: {
            doubles (*vector)(doubles, doubles) = of_two[code[1]];
            double (*scalar)(double, double) = libm2[code[1]];
            int k = code[2];
            for (code += 3; k > 0; k -= 2, code += 6) {
                int second = k > 1 ? 3 : 0;
                doubles a = {(double)M[code[1]], (double)M[code[second + 1]]}, y;
                doubles b = {(double)M[code[2]], (double)M[code[second + 2]]};
                if (vector) y = vector(a, b);
                else y = (doubles){scalar(a[0], b[0]), second ? scalar(a[1], b[1]) : 0.0};
                M[code[0]] = (real)y[0];
                if (second) M[code[3]] = (real)y[1];
            }
            if (k < 0) code -= 3;
            break;
        }
        case U_SELECT: {
            int k = code[1];
            for (code += 2; k > 0; k--, code += 4) M[code[0]] = M[code[1]] != 0 ? M[code[2]] : M[code[3]];
            break;
        }
        case U_TAKE: {
            int64_t n = code[3], i = choice((double)M[code[2]], n);
            M[code[1]] = i < 0 ? (real)NAN : M[code[4 + i]];
            code += 4 + n;
            break;
        }
        default: __builtin_unreachable(); /* kernel_check has seen to it */
        }
    }
}

/* M[destination] = M[source], as if at once: all are read before any is written.  Without a buffer no place is both. */
static void copy(const int32_t *copies, int64_t n, void *memory, void *buffer) {
    real *M = memory, *read = buffer;
    if (!buffer) {
        for (int64_t i = 0; i < n; i++) M[copies[2 * i]] = M[copies[2 * i + 1]];
        return;
    }
    for (int64_t i = 0; i < n; i++) read[i] = M[copies[2 * i + 1]];
    for (int64_t i = 0; i < n; i++) M[copies[2 * i]] = read[i];
}

#elif KERNEL_PART == VARYING_PART

/* === The fourth part: varying sections, for one instruction set and real type (REAL). === */

typedef REAL real;
typedef REAL vec __attribute__((vector_size(BYTES), may_alias));
typedef REAL unaligned __attribute__((vector_size(BYTES), may_alias, aligned(sizeof(REAL))));
typedef REAL narrow __attribute__((vector_size(BYTES / sizeof(double) * sizeof(REAL)), may_alias, aligned(sizeof(REAL))));
typedef uint64_t mask __attribute__((vector_size(BYTES), may_alias));

#define VL ((int)(VECTOR_BYTES / sizeof(real)))  /* lanes of a vector, whatever the instruction set */
#define LANES ((int)(BYTES / sizeof(real)))      /* lanes of a register */
#define DOUBLES ((int)(BYTES / sizeof(double)))  /* lanes that the functions above take at once */
#define ALIGNED __attribute__((aligned(VECTOR_BYTES)))
#define MOST_LANES (8 * VL)                      /* of a block */

INLINE doubles get(const real *x) { return __builtin_convertvector(*(const narrow *)x, doubles); }
INLINE void put(real *y, doubles value) { *(narrow *)y = __builtin_convertvector(value, narrow); }

/* --- Functions of rows of lanes.  The step of an operand is 1, or 0 if it is one vector that serves all. --- */

#define OF_1(name)                                                                                                     \
    static void REAL_NAME(name##_row)(real *y, const real *x, int lanes) {                                             \
        for (int i = 0; i < lanes; i += DOUBLES) put(y + i, name##_of(get(x + i)));                                    \
    }
#define OF_2(name)                                                                                                     \
    static void REAL_NAME(name##_row)(real *y, const real *a, int a_step, const real *b, int b_step, int lanes) {      \
        for (int i = 0; i < lanes; i += DOUBLES) put(y + i, name##_of(get(a + a_step * i), get(b + b_step * i)));      \
    }

OF_1(exp)
OF_1(expm1)
OF_1(log)
OF_1(log1p)
OF_1(log2)
OF_1(log10)
OF_1(sqrt)
OF_1(sin)
OF_1(cos)
OF_1(tanh)
OF_1(sech)
OF_1(sigmoid)
OF_1(softplus)
OF_1(relu)
OF_1(silu)
OF_1(gelu)
OF_1(erf)
OF_1(erfc)
OF_1(sign)
OF_1(floor)
OF_1(ceil)
OF_1(trunc)
OF_1(round)
OF_1(abs)
OF_2(ratio)
OF_2(maximum)
OF_2(minimum)
OF_2(leaky_relu)
OF_2(elu)
OF_2(less)
OF_2(less_equal)
OF_2(equal)

#define ROW(number, name) [number] = REAL_NAME(name##_row)

static void (*const rows_of_one[FUNCTIONS1])(real *, const real *, int) = {
    ROW(EXP, exp),           ROW(EXPM1, expm1), ROW(LOG, log),   ROW(LOG1P, log1p), ROW(LOG2, log2), ROW(LOG10, log10),
    ROW(SQRT, sqrt),         ROW(SIN, sin),     ROW(COS, cos),   ROW(TANH, tanh),   ROW(SECH, sech), ROW(SIGMOID, sigmoid),
    ROW(SOFTPLUS, softplus), ROW(RELU, relu),   ROW(SILU, silu), ROW(GELU, gelu),   ROW(ERF, erf),   ROW(ERFC, erfc),
    ROW(SIGN, sign),         ROW(FLOOR, floor), ROW(CEIL, ceil), ROW(TRUNC, trunc), ROW(ROUND, round), ROW(ABS, abs)};

static void (*const rows_of_two[FUNCTIONS2])(real *, const real *, int, const real *, int, int) = {
    ROW(RATIO, ratio), ROW(MAXIMUM, maximum), ROW(MINIMUM, minimum),       ROW(LEAKY_RELU, leaky_relu),
    ROW(ELU, elu),     ROW(LESS, less),       ROW(LESS_EQUAL, less_equal), ROW(EQUAL, equal)};

static void row_of_one(int function, real *y, const real *x, int lanes) {
    if (rows_of_one[function]) rows_of_one[function](y, x, lanes);
    else
        for (int i = 0; i < lanes; i++) y[i] = (real)libm1[function]((double)x[i]);
}

static void row_of_two(int function, real *y, const real *a, int a_step, const real *b, int b_step, int lanes) {
    if (rows_of_two[function]) rows_of_two[function](y, a, a_step, b, b_step, lanes);
    else if (function == POW && !b_step && is_quick_exponent((double)b[0]))
        for (int i = 0; i < lanes; i += DOUBLES) put(y + i, power_of(get(a + a_step * i), (double)b[0]));
    else
        for (int i = 0; i < lanes; i++) y[i] = (real)libm2[function]((double)a[a_step * i], (double)b[b_step * i]);
}

/* --- Sums.  A row of lanes is summed in pieces of so many registers, which is known when this file is compiled: as many
   as a block of one vector has, or twice or four times that, up to MOST_PIECE. --- */

#define MOST_PIECE 4
#define AT(word) ((const vec *)(V + (int64_t)(word) * lanes)) /* a piece of a slot: V is that of slot 0 */

/* One sum for one piece.  kinds: which of the counts, n_vv n_vvm n_vu n_vum n_v, may not be 0, as bits.  If the piece is
   small, its terms go to several partial sums in turn, so that one multiply-add needn't wait for the last. */
#define VV 1
#define VU 4
#define ALL_KINDS 31
INLINE void sum_piece(const int piece, const int kinds, const int lanes, vec *sum, const int32_t *code,
                      const int32_t *n, const real *M, const real *V) {
    const int chains = MOST_PIECE / piece;
    vec partial[MOST_PIECE];
    for (int i = 0; i < MOST_PIECE; i++) partial[i] = (vec){0};
    if (kinds & VV) {
        int k = n[0];
        for (; k >= chains; k -= chains)
            UNROLL
            for (int chain = 0; chain < chains; chain++, code += 2) {
                const vec *a = AT(code[0]), *b = AT(code[1]);
                UNROLL
                for (int i = 0; i < piece; i++) partial[chain * piece + i] += a[i] * b[i];
            }
        for (; k > 0; k--, code += 2) {
            const vec *a = AT(code[0]), *b = AT(code[1]);
            UNROLL
            for (int i = 0; i < piece; i++) partial[i] += a[i] * b[i];
        }
    }
    if (kinds == ALL_KINDS)
        for (int k = n[1]; k > 0; k--, code += 2) {
            const vec *a = AT(code[0]), *b = AT(code[1]);
            UNROLL
            for (int i = 0; i < piece; i++) partial[i] -= a[i] * b[i];
        }
    if (kinds & VU) {
        int k = n[2];
        for (; k >= chains; k -= chains)
            UNROLL
            for (int chain = 0; chain < chains; chain++, code += 2) {
                const vec *a = AT(code[0]);
                const real b = M[code[1]];
                UNROLL
                for (int i = 0; i < piece; i++) partial[chain * piece + i] += a[i] * b;
            }
        for (; k > 0; k--, code += 2) {
            const vec *a = AT(code[0]);
            const real b = M[code[1]];
            UNROLL
            for (int i = 0; i < piece; i++) partial[i] += a[i] * b;
        }
    }
    if (kinds == ALL_KINDS) {
        for (int k = n[3]; k > 0; k--, code += 2) {
            const vec *a = AT(code[0]);
            const real b = M[code[1]];
            UNROLL
            for (int i = 0; i < piece; i++) partial[i] -= a[i] * b;
        }
        for (int k = n[4]; k > 0; k--, code++) {
            const vec *a = AT(code[0]);
            UNROLL
            for (int i = 0; i < piece; i++) partial[i] += a[i];
        }
    }
    for (int i = 0; i < piece; i++) {
        sum[i] = partial[i];
        for (int chain = 1; chain < chains; chain++) sum[i] += partial[chain * piece + i];
    }
}

/* V[dst] = a sum of only these kinds of terms. */
INLINE void v_sum(const int piece, const int kinds, const int lanes, const int32_t *code, const int32_t *singles,
                  const real *M, real *block) {
    for (int p = 0; p < lanes; p += piece * LANES) {
        real *V = block + p;
        vec sum[MOST_PIECE], *y = (vec *)AT(code[1]);
        sum_piece(piece, kinds, lanes, sum, code + 8, code + 2, M, V);
        if (kinds == ALL_KINDS) {
            real single = 0;
            for (int i = 0; i < code[7]; i++) single += M[singles[i]];
            for (int i = 0; i < piece; i++) sum[i] += single;
        }
        UNROLL
        for (int i = 0; i < piece; i++) y[i] = sum[i];
    }
}

/* total[i] += the sum of the lanes of sum[i], for n of them; four at a time where registers are wide enough. */
INLINE void add_lanes(const int n, double *total, const vec *sum) {
    int done = 0;
#if BYTES >= 32
    for (; done + 4 <= n; done += 4) {
        if (sizeof(real) == sizeof(double)) {
            __m256d of[4];
            UNROLL
            for (int i = 0; i < 4; i++) of[i] = halves_of_doubles((doubles)sum[done + i]);
            const __m256d ab = _mm256_hadd_pd(of[0], of[1]), cd = _mm256_hadd_pd(of[2], of[3]);
            double *y = total + done;
            _mm256_storeu_pd(y, _mm256_loadu_pd(y) + (_mm256_permute2f128_pd(ab, cd, 0x20) +
                                                      _mm256_permute2f128_pd(ab, cd, 0x31)));
        } else {
            __m256 of[4];
            UNROLL
            for (int i = 0; i < 4; i++) of[i] = halves_of_floats((doubles)sum[done + i]);
            const __m256 four = _mm256_hadd_ps(_mm256_hadd_ps(of[0], of[1]), _mm256_hadd_ps(of[2], of[3]));
            double *y = total + done;
            const __m128 sums = _mm256_castps256_ps128(four) + _mm256_extractf128_ps(four, 1);
            _mm256_storeu_pd(y, _mm256_loadu_pd(y) + _mm256_cvtps_pd(sums));
        }
    }
#endif
    for (; done < n; done++) {
        real lanes[LANES] ALIGNED;
        *(vec *)lanes = sum[done];
        UNROLL
        for (int half = LANES / 2; half > 0; half /= 2)
            UNROLL
            for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
        total[done] += lanes[0];
    }
}

/* A[acc] += the sum over the block; of a last block only the lanes of the mask count. */
INLINE void r_sum(const int piece, const int kinds, const int lanes, const int32_t *code, const real *M,
                  const real *block, double *A, const mask *last) {
    vec whole = {0};
    for (int p = 0; p < lanes; p += piece * LANES) {
        const real *V = block + p;
        vec sum[MOST_PIECE];
        sum_piece(piece, kinds, lanes, sum, code + 7, code + 2, M, V);
        if (__builtin_expect(last != NULL, 0))
            for (int i = 0; i < piece; i++) sum[i] = (vec)((mask)sum[i] & last[p / LANES + i]);
        for (int i = 0; i < piece; i++) whole += sum[i];
    }
    add_lanes(1, A + code[1], &whole);
}

/* --- Sums of many rows. --- */

#define MOST_SUMS_AT_ONCE 16 /* in registers */

/* The sums of R rows, a piece of each; see V_ROWS.  A factor that all rows share is loaded once. */
INLINE void rows_piece(const int piece, const int R, const int lanes, vec *sum, const int32_t *code, const int32_t *n,
                       int64_t row, const real *M, const real *V) {
    const int64_t registers = lanes / LANES; /* of a slot */
    for (int i = 0; i < R * piece; i++) sum[i] = (vec){0};
#define FOR_EVERY_ROW_AND_REGISTER                                                                                     \
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int i = 0; i < piece; i++)
    for (int k = n[0]; k > 0; k--, code += 4) {
        const vec *a = AT(code[0] + row * code[2]), *b = AT(code[1] + row * code[3]);
        const int64_t ia = code[2] * registers, ib = code[3] * registers;
        if (ia == 0) {
            vec shared[MOST_PIECE];
            for (int i = 0; i < piece; i++) shared[i] = a[i];
            FOR_EVERY_ROW_AND_REGISTER sum[r * piece + i] += shared[i] * b[r * ib + i];
        } else {
            FOR_EVERY_ROW_AND_REGISTER sum[r * piece + i] += a[r * ia + i] * b[r * ib + i];
        }
    }
    for (int k = n[1]; k > 0; k--, code += 4) {
        const vec *a = AT(code[0] + row * code[2]), *b = AT(code[1] + row * code[3]);
        const int64_t ia = code[2] * registers, ib = code[3] * registers;
        FOR_EVERY_ROW_AND_REGISTER sum[r * piece + i] -= a[r * ia + i] * b[r * ib + i];
    }
    for (int k = n[2]; k > 0; k--, code += 4) {
        const vec *a = AT(code[0] + row * code[2]);
        const real *b = M + (code[1] + row * code[3]);
        const int64_t ia = code[2] * registers, ib = code[3];
        if (ia == 0) {
            vec shared[MOST_PIECE];
            for (int i = 0; i < piece; i++) shared[i] = a[i];
            FOR_EVERY_ROW_AND_REGISTER sum[r * piece + i] += shared[i] * b[r * ib];
        } else {
            FOR_EVERY_ROW_AND_REGISTER sum[r * piece + i] += a[r * ia + i] * b[r * ib];
        }
    }
    for (int k = n[3]; k > 0; k--, code += 4) {
        const vec *a = AT(code[0] + row * code[2]);
        const real *b = M + (code[1] + row * code[3]);
        const int64_t ia = code[2] * registers, ib = code[3];
        FOR_EVERY_ROW_AND_REGISTER sum[r * piece + i] -= a[r * ia + i] * b[r * ib];
    }
    for (int k = n[4]; k > 0; k--, code += 2) {
        const vec *a = AT(code[0] + row * code[1]);
        const int64_t ia = code[1] * registers;
        FOR_EVERY_ROW_AND_REGISTER sum[r * piece + i] += a[r * ia + i];
    }
#undef FOR_EVERY_ROW_AND_REGISTER
}

/* R rows of V_ROWS, or (reduces) of R_ROWS into accumulators; of a last block only the lanes of the mask count. */
INLINE void some_rows(const int piece, const int R, const int reduces, const int lanes, const int32_t *code, int64_t row,
                      const real *M, real *block, double *A, const mask *last) {
    const int32_t *n = code + 3, *terms = code + (reduces ? 8 : 9);
    const int32_t *singles = terms + 4 * ((int64_t)n[0] + n[1] + n[2] + n[3]) + 2 * (int64_t)n[4];
    vec whole[MOST_SUMS_AT_ONCE];
    for (int r = 0; r < R; r++) whole[r] = (vec){0};
    for (int p = 0; p < lanes; p += piece * LANES) {
        real *V = block + p;
        vec sum[MOST_SUMS_AT_ONCE];
        rows_piece(piece, R, lanes, sum, terms, n, row, M, V);
        UNROLL
        for (int r = 0; r < R; r++) {
            vec *own = sum + r * piece;
            if (reduces) {
                if (__builtin_expect(last != NULL, 0))
                    for (int i = 0; i < piece; i++) own[i] = (vec)((mask)own[i] & last[p / LANES + i]);
                for (int i = 0; i < piece; i++) whole[r] += own[i];
            } else {
                vec *y = (vec *)AT(code[1] + row + r);
                real single = 0;
                for (int i = 0; i < n[5]; i++) single += M[singles[2 * i] + (row + r) * singles[2 * i + 1]];
                for (int i = 0; i < piece; i++) y[i] = own[i] + single;
            }
        }
    }
    if (reduces) add_lanes(R, A + code[1] + row, whole);
}

INLINE void all_rows(const int piece, const int reduces, const int lanes, const int32_t *code, const real *M, real *V,
                     double *A, const mask *last) {
    const int R = BYTES < 64 ? 8 / piece : piece == 1 ? 8 : 16 / piece > 4 ? 4 : 16 / piece;
    int64_t row = 0, k = code[2];
    for (; row + R <= k; row += R) some_rows(piece, R, reduces, lanes, code, row, M, V, A, last);
    if (!reduces)
        for (; row + R / 2 <= k; row += R / 2) some_rows(piece, R / 2, reduces, lanes, code, row, M, V, A, last);
    for (; row < k; row++) some_rows(piece, 1, reduces, lanes, code, row, M, V, A, last);
}

/* --- Grids: m times k sums whose first factors depend on the one number and whose second factors on the other, as in
   a product of matrices.  A tile of them is summed at once, so each factor that is loaded serves several products. --- */

#define TILE_M (BYTES == 64 ? 4 : 2)
#define TILE_K 4
#define FOR_THE_TILE UNROLL for (int r = 0; r < tm; r++) UNROLL for (int c = 0; c < tk; c++)

/* Rows (i..i+tm, j..j+tk) of V_GRID, for one register of every slot: V is that of slot 0. */
INLINE void v_tile(const int tm, const int tk, const int64_t lanes, const int32_t *code, int64_t i, int64_t j,
                   const real *M, real *V) {
    const int64_t registers = lanes / LANES, k = code[3];
    const int32_t *terms = code + 6, *end = terms + 4 * (int64_t)code[4], *singles_end = end + 3 * (int64_t)code[5];
    vec sum[TILE_M * TILE_K];
    FOR_THE_TILE sum[r * tk + c] = (vec){0};
    for (; terms < end; terms += 4) {
        const vec *a = AT(terms[0] + i * terms[2]);
        const real *b = M + (terms[1] + j * terms[3]);
        const int64_t ia = terms[2] * registers, jb = terms[3];
        vec x[TILE_M];
        UNROLL
        for (int r = 0; r < tm; r++) x[r] = a[r * ia];
        UNROLL
        for (int c = 0; c < tk; c++) {
            const real w = b[c * jb];
            UNROLL
            for (int r = 0; r < tm; r++) sum[r * tk + c] += x[r] * w;
        }
    }
    for (; terms < singles_end; terms += 3)
        FOR_THE_TILE sum[r * tk + c] += *AT(terms[0] + (i + r) * terms[1] + (j + c) * terms[2]);
    FOR_THE_TILE *(vec *)AT(code[1] + (i + r) * k + j + c) = sum[r * tk + c];
}

static void v_grid(const int64_t lanes, const int32_t *code, const real *M, real *block) {
    const int64_t m = code[2], k = code[3];
    int64_t i = 0;
#define ROWS_OF_TILES(tm)                                                                                              \
    for (; i + tm <= m; i += tm)                                                                                       \
        for (int64_t p = 0, j; p < lanes; p += LANES) {                                                                \
            for (j = 0; j + TILE_K <= k; j += TILE_K) v_tile(tm, TILE_K, lanes, code, i, j, M, block + p);             \
            for (; j < k; j++) v_tile(tm, 1, lanes, code, i, j, M, block + p);                                         \
        }
    ROWS_OF_TILES(TILE_M)
    ROWS_OF_TILES(2)
    ROWS_OF_TILES(1)
#undef ROWS_OF_TILES
}

/* Rows (i..i+tm, j..j+tk) of R_GRID. */
INLINE void r_tile(const int tm, const int tk, const int64_t lanes, const int32_t *code, int64_t i, int64_t j,
                   const real *V, double *A, const mask *last) {
    const int64_t registers = lanes / LANES, k = code[3];
    const int32_t *terms = code + 5, *end = terms + 4 * (int64_t)code[4];
    vec sum[TILE_M * TILE_K];
    FOR_THE_TILE sum[r * tk + c] = (vec){0};
    for (; terms < end; terms += 4) {
        const vec *a = AT(terms[0] + i * terms[2]), *b = AT(terms[1] + j * terms[3]);
        const int64_t ia = terms[2] * registers, jb = terms[3] * registers;
        for (int64_t p = 0; p < registers; p++, a++, b++) {
            vec x[TILE_M];
            UNROLL
            for (int r = 0; r < tm; r++) x[r] = a[r * ia];
            UNROLL
            for (int c = 0; c < tk; c++) {
                const vec w = b[c * jb];
                UNROLL
                for (int r = 0; r < tm; r++)
                    if (__builtin_expect(last != NULL, 0)) sum[r * tk + c] += (vec)((mask)(x[r] * w) & last[p]);
                    else sum[r * tk + c] += x[r] * w;
            }
        }
    }
    UNROLL
    for (int r = 0; r < tm; r++) add_lanes(tk, A + (code[1] + (i + r) * k + j), sum + r * tk);
}

INLINE void r_tiles(const int64_t lanes, const int32_t *code, const real *V, double *A, const mask *last) {
    const int64_t m = code[2], k = code[3];
    int64_t i = 0, j;
#define ROWS_OF_TILES(tm)                                                                                              \
    for (; i + tm <= m; i += tm) {                                                                                     \
        for (j = 0; j + TILE_K <= k; j += TILE_K) r_tile(tm, TILE_K, lanes, code, i, j, V, A, last);                   \
        for (; j < k; j++) r_tile(tm, 1, lanes, code, i, j, V, A, last);                                               \
    }
    ROWS_OF_TILES(TILE_M)
    ROWS_OF_TILES(2)
    ROWS_OF_TILES(1)
#undef ROWS_OF_TILES
}

static void r_grid(const int64_t lanes, const int32_t *code, const real *V, double *A, const mask *last) {
    if (__builtin_expect(last != NULL, 0)) r_tiles(lanes, code, V, A, last);
    else r_tiles(lanes, code, V, A, NULL);
}

#undef FOR_THE_TILE

/* Σ of n products of numbers that stand at regular distances. */
INLINE real dot(const real *a, int64_t ja, const real *b, int64_t jb, int n) {
    int j = 0;
    real s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    if (ja == 1 && jb == 1 && n >= LANES) {
        vec sum = {0};
        for (; j + LANES <= n; j += LANES) sum += *(const unaligned *)(a + j) * *(const unaligned *)(b + j);
        for (int i = 0; i < LANES; i += 2) s0 += sum[i], s1 += sum[i + 1];
    }
    for (; j + 4 <= n; j += 4) {
        s0 += a[j * ja] * b[j * jb];
        s1 += a[(j + 1) * ja] * b[(j + 1) * jb];
        s2 += a[(j + 2) * ja] * b[(j + 2) * jb];
        s3 += a[(j + 3) * ja] * b[(j + 3) * jb];
    }
    for (; j < n; j++) s0 += a[j * ja] * b[j * jb];
    return (s0 + s1) + (s2 + s3);
}

/* Four rows of a tile whose terms are neighbours in memory, as those of a matrix times a vector are: added to sum. */
INLINE void four_dots(const int32_t *t, int64_t row, const real *M, double *sum) {
    const int64_t ia = t[1], ib = t[4];
    const real *a = M + (t[0] + row * ia), *b = M + (t[3] + row * ib);
    const int n = t[6];
    vec s[4] = {{0}, {0}, {0}, {0}};
    int j = 0;
    for (; j + LANES <= n; j += LANES)
        UNROLL
        for (int r = 0; r < 4; r++) s[r] += *(const unaligned *)(a + r * ia + j) * *(const unaligned *)(b + r * ib + j);
    add_lanes(4, sum, s);
    for (; j < n; j++)
        UNROLL
        for (int r = 0; r < 4; r++) sum[r] += a[r * ia + j] * b[r * ib + j];
}

/* A register of neighbouring rows of a tile: Σ over its terms.  The rows' distances are 0 or 1. */
INLINE vec tile_of_rows(const int32_t *t, int64_t row, const real *M) {
    const real *a = M + t[0] + row * t[1], *b = M + t[3] + row * t[4];
    const int64_t ja = t[2], jb = t[5];
    const int n = t[6];
    vec s0 = {0}, s1 = {0};
    int j = 0;
    if (t[1] == 0 && t[4] == 1) {
        for (; j + 2 <= n; j += 2, a += 2 * ja, b += 2 * jb) {
            s0 += a[0] * *(const unaligned *)b;
            s1 += a[ja] * *(const unaligned *)(b + jb);
        }
        if (j < n) s0 += a[0] * *(const unaligned *)b;
    } else if (t[1] == 1 && t[4] == 0) {
        for (; j + 2 <= n; j += 2, a += 2 * ja, b += 2 * jb) {
            s0 += *(const unaligned *)a * b[0];
            s1 += *(const unaligned *)(a + ja) * b[jb];
        }
        if (j < n) s0 += *(const unaligned *)a * b[0];
    } else if (t[1] == 1)
        for (; j < n; j++, a += ja, b += jb) s0 += *(const unaligned *)a * *(const unaligned *)b;
    else
        for (; j < n; j++, a += ja, b += jb) s0 += a[0] * b[0];
    return s0 + s1;
}

INLINE int are_neighbours(const int32_t *tiles, int n) {
    for (int i = 0; i < n; i++)
        if ((uint32_t)tiles[7 * i + 1] > 1 || (uint32_t)tiles[7 * i + 4] > 1) return 0;
    return 1;
}

/* U_ROWS: registers of rows where rows are neighbours in memory, else row by row. */
static const int32_t *run_tiles(const int32_t *code, void *memory) {
    real *M = memory, *y = M + code[1];
    const int k = code[2], plus = code[3], minus = code[4], n_single = code[5];
    const int32_t *tiles = code + 6, *singles = tiles + 7 * (int64_t)(plus + minus);
    int row = 0;
    if (k >= LANES && are_neighbours(tiles, plus + minus))
        for (; row + LANES <= k; row += LANES) {
            vec sum = {0};
            for (int i = 0; i < plus; i++) sum += tile_of_rows(tiles + 7 * i, row, M);
            for (int i = plus; i < plus + minus; i++) sum -= tile_of_rows(tiles + 7 * i, row, M);
            for (int i = 0; i < n_single; i++) {
                const real *c = M + singles[2 * i];
                const int64_t ic = singles[2 * i + 1];
                if (ic == 1) sum += *(const unaligned *)(c + row);
                else
                    for (int l = 0; l < LANES; l++) sum[l] += c[(row + l) * ic];
            }
            *(unaligned *)(y + row) = sum;
        }
    if (plus == 1 && minus == 0 && tiles[2] == 1 && tiles[5] == 1 && tiles[6] >= LANES)
        for (; row + 4 <= k; row += 4) {
            double sum[4] = {0, 0, 0, 0};
            four_dots(tiles, row, M, sum);
            for (int r = 0; r < 4; r++) {
                for (int i = 0; i < n_single; i++) sum[r] += M[singles[2 * i] + (int64_t)(row + r) * singles[2 * i + 1]];
                y[row + r] = (real)sum[r];
            }
        }
    for (; row < k; row++) {
        real sum = 0;
        for (int i = 0; i < plus + minus; i++) {
            const int32_t *t = tiles + 7 * i;
            real s = dot(M + t[0] + (int64_t)row * t[1], t[2], M + t[3] + (int64_t)row * t[4], t[5], t[6]);
            sum += i < plus ? s : -s;
        }
        for (int i = 0; i < n_single; i++) sum += M[singles[2 * i] + (int64_t)row * singles[2 * i + 1]];
        y[row] = sum;
    }
    return singles + 2 * (int64_t)n_single;
}

/* How many of k calls follow each other: of their words, those in the mask advance by 1 from call to call, and the
   others stay.  So few that their lanes can be counted. */
INLINE int neighbours(const int32_t *code, int k, const int words, const int advancing) {
    int n = 1;
    for (; n < k && n < 1 << 20; n++)
        for (int i = 0; i < words; i++)
            if (code[words * n + i] - code[i] != (advancing >> i & 1 ? n : 0)) return n;
    return n;
}

/* One block, whose first sample has that number. */
INLINE void run_block(const int piece, const int lanes, const int32_t *code, const int32_t *end, real *M, real *V,
                      double *A, int64_t first, int64_t samples) {
    const int valid = samples - first < lanes ? (int)(samples - first) : lanes;
    real all_ones[MOST_LANES] ALIGNED; /* in the lanes that have a sample; only for the last block */
    if (valid < lanes) {
        memset(all_ones, 0, sizeof all_ones);
        memset(all_ones, -1, (size_t)valid * sizeof(real));
    }
    const mask *const last_lanes = valid < lanes ? (const mask *)all_ones : NULL;
#define SLOT(word) (V + (int64_t)(word) * lanes)
    while (code < end) {
        switch (code[0]) {
        case V_SUM: {
            const int32_t *n = code + 2, *singles = code + 8 + 2 * ((int64_t)n[0] + n[1] + n[2] + n[3]) + n[4];
            v_sum(piece, ALL_KINDS, lanes, code, singles, M, V);
            code = singles + n[5];
            break;
        }
        case V_SUM_VU:
            v_sum(piece, VU, lanes, code, NULL, M, V);
            code += 8 + 2 * (int64_t)code[4];
            break;
        case V_SUM_VV:
            v_sum(piece, VV, lanes, code, NULL, M, V);
            code += 8 + 2 * (int64_t)code[2];
            break;
        case R_SUM: {
            const int32_t *n = code + 2;
            r_sum(piece, ALL_KINDS, lanes, code, M, V, A, last_lanes);
            code += 7 + 2 * ((int64_t)n[0] + n[1] + n[2] + n[3]) + n[4];
            break;
        }
        case R_SUM_VV:
            r_sum(piece, VV, lanes, code, M, V, A, last_lanes);
            code += 7 + 2 * (int64_t)code[2];
            break;
        case V_ROWS: {
            const int32_t *n = code + 3;
            all_rows(piece, 0, lanes, code, M, V, A, NULL);
            code += 9 + 4 * ((int64_t)n[0] + n[1] + n[2] + n[3]) + 2 * ((int64_t)n[4] + n[5]);
            break;
        }
        case R_ROWS: {
            const int32_t *n = code + 3;
            all_rows(piece, 1, lanes, code, M, V, A, last_lanes);
            code += 8 + 4 * ((int64_t)n[0] + n[1] + n[2] + n[3]) + 2 * (int64_t)n[4];
            break;
        }
        case V_GRID:
            v_grid(lanes, code, M, V);
            code += 6 + 4 * (int64_t)code[4] + 3 * (int64_t)code[5];
            break;
        case R_GRID:
            r_grid(lanes, code, V, A, last_lanes);
            code += 5 + 4 * (int64_t)code[4];
            break;
        case V_CALL1: {
            int function = code[1], k = code[2];
            for (code += 3; k > 0;) {
                const int n = neighbours(code, k, 2, 3); /* rows side by side are one row */
                row_of_one(function, SLOT(code[0]), SLOT(code[1]), n * lanes);
                code += 2 * n, k -= n;
            }
            break;
        }
        case V_CALL2: {
            int function = code[1], kinds = code[2], k = code[3];
            for (code += 4; k > 0;) {
                const int n = neighbours(code, k, 3, kinds == 0 ? 7 : kinds == 1 ? 3 : 5);
                if (kinds == 0) {
                    row_of_two(function, SLOT(code[0]), SLOT(code[1]), 1, SLOT(code[2]), 1, n * lanes);
                } else {
                    real same[VECTOR_BYTES / sizeof(real)] ALIGNED;
                    const real uniform = M[code[kinds == 1 ? 2 : 1]];
                    for (int i = 0; i < VL; i += LANES) *(vec *)(same + i) = uniform - (vec){0};
                    if (kinds == 1) row_of_two(function, SLOT(code[0]), SLOT(code[1]), 1, same, 0, n * lanes);
                    else row_of_two(function, SLOT(code[0]), same, 0, SLOT(code[2]), 1, n * lanes);
                }
                code += 3 * n, k -= n;
            }
            break;
        }
        case V_SELECT: {
            int kinds = code[1], k = code[2];
            for (code += 3; k > 0; k--, code += 4) {
                real same[3][VECTOR_BYTES / sizeof(real)] ALIGNED;
                const real *operands[3];
                for (int i = 0; i < 3; i++) {
                    operands[i] = kinds >> i & 1 ? same[i] : SLOT(code[1 + i]);
                    for (int lane = 0; kinds >> i & 1 && lane < LANES; lane++) same[i][lane] = M[code[1 + i]];
                }
                for (int i = 0; i < lanes; i += LANES) {
                    const vec c = *(const vec *)(operands[0] + (kinds & 1 ? 0 : i));
                    const mask a = *(const mask *)(operands[1] + (kinds & 2 ? 0 : i));
                    const mask b = *(const mask *)(operands[2] + (kinds & 4 ? 0 : i)), is_true = (mask)(c != 0);
                    *(mask *)(SLOT(code[0]) + i) = (is_true & a) | (~is_true & b);
                }
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
                int64_t i = choice((double)index[lane], n);
                y[lane] = i < 0 ? (real)NAN : kind == 0 ? M[choices[i]] : SLOT(choices[i])[lane];
            }
            code = choices + n;
            break;
        }
        case V_LOAD: {
            int k = code[1];
            for (code += 2; k > 0; k--, code += 3) {
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
            for (code += 2; k > 0; k--, code += 3) {
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
        default: __builtin_unreachable(); /* kernel_check has seen to it */
        }
    }
#undef SLOT
}

/* Blocks first .. last-1 of a section. */
static void run_blocks(const int32_t *code, const Section *s, void *M, void *V, double *A, int64_t first, int64_t last) {
    const int32_t *begin = code + s->begin, *end = code + s->end;
    const int lanes = s->width * VL;
    for (int64_t block = first; block < last; block++) {
        real *own = (real *)V + (s->batch ? block * s->slots * lanes : 0);
        const int64_t sample = block * lanes;
#if BYTES == 64
        if (s->width == 1) run_block(1, VL, begin, end, M, own, A, sample, s->samples);
        else if (s->width == 2) run_block(2, 2 * VL, begin, end, M, own, A, sample, s->samples);
        else run_block(4, lanes, begin, end, M, own, A, sample, s->samples);
#elif BYTES == 32
        if (s->width == 1) run_block(2, VL, begin, end, M, own, A, sample, s->samples);
        else run_block(4, lanes, begin, end, M, own, A, sample, s->samples);
#else
        run_block(4, lanes, begin, end, M, own, A, sample, s->samples);
#endif
    }
}

/* M[target] = the accumulator, added up over all threads.  Targets are neighbours more often than not. */
static void add_up(const Section *s, const int32_t *targets, void *memory, double *A, size_t apart, int threads) {
    real *M = memory;
    for (int thread = 1; thread < threads; thread++) {
        const double *other = (const double *)((const char *)A + thread * apart);
        for (int32_t a = 0; a < s->accumulators; a++) A[a] += other[a];
    }
    for (int32_t a = 0, n; a < s->accumulators; a += n) {
        const int32_t *target = targets + a;
        for (n = 1; a + n < s->accumulators && target[n] == target[0] + n; n++) {}
        if (sizeof(real) == sizeof(double)) memcpy(M + target[0], A + a, (size_t)n * sizeof(double));
        else
            for (int32_t i = 0; i < n; i++) M[target[0] + i] = (real)A[a + i];
    }
}

#undef VL
#undef LANES
#undef DOUBLES
#undef ALIGNED
#undef MOST_LANES
#undef OF_1
#undef OF_2
#undef ROW
#undef MOST_PIECE
#undef MOST_SUMS_AT_ONCE
#undef TILE_M
#undef TILE_K
#undef AT
#undef VV
#undef VU
#undef ALL_KINDS

#endif
