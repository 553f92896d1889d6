/* varying.h: runs varying sections, for one instruction set and real type.  A unit includes it, and says what UNIT is
   called. */

#include "sums.h"
#include "tiles.h"

typedef REAL narrow __attribute__((vector_size(BYTES / sizeof(double) * sizeof(REAL)), may_alias, aligned(sizeof(REAL))));

#define DOUBLES ((int)(BYTES / sizeof(double)))  /* lanes that the functions take at once */
#define MOST_LANES (8 * VL)                      /* of a block */

INLINE cr_doubles get(const real *x) { return __builtin_convertvector(*(const narrow *)x, cr_doubles); }
INLINE void put(real *y, cr_doubles value) { *(narrow *)y = __builtin_convertvector(value, narrow); }

/* --- Functions of rows of lanes.  The step of an operand is 1, or 0 if it is one vector that serves all. --- */

#define OF_1(name)                                                                                                     \
    static void name##_row(real *y, const real *x, int lanes) {                                             \
        for (int i = 0; i < lanes; i += DOUBLES) put(y + i, cr_##name(get(x + i)));                                    \
    }
#define OF_2(name)                                                                                                     \
    static void name##_row(real *y, const real *a, int a_step, const real *b, int b_step, int lanes) {      \
        for (int i = 0; i < lanes; i += DOUBLES) put(y + i, cr_##name(get(a + a_step * i), get(b + b_step * i)));      \
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

#define ROW(number, name) [number] = name##_row

static void (*const rows_of_one[FUNCTIONS1])(real *, const real *, int) = {
    ROW(EXP, exp),           ROW(EXPM1, expm1), ROW(LOG, log),   ROW(LOG1P, log1p), ROW(LOG2, log2), ROW(LOG10, log10),
    ROW(SQRT, sqrt),         ROW(SIN, sin),     ROW(COS, cos),   ROW(TANH, tanh),   ROW(SECH, sech),
    ROW(SIGMOID, sigmoid),
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
    else if (function == POW && !b_step && cr_is_quick((double)b[0]))
        for (int i = 0; i < lanes; i += DOUBLES) put(y + i, cr_pow_quick(get(a + a_step * i), (double)b[0]));
    else
        for (int i = 0; i < lanes; i++) y[i] = (real)libm2[function]((double)a[a_step * i], (double)b[b_step * i]);
}

/* --- Blocks --- */

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
            const int32_t *n = code + 2, *singles = code + V_SUM_HEADER + 2 * ((int64_t)n[0] + n[1] + n[2] + n[3]) + n[4];
            v_sum(piece, ALL_KINDS, lanes, code, singles, M, V);
            code = singles + n[5];
            break;
        }
        case V_SUM_VU:
            v_sum(piece, VU, lanes, code, NULL, M, V);
            code += V_SUM_HEADER + 2 * (int64_t)code[4];
            break;
        case V_SUM_VV:
            v_sum(piece, VV, lanes, code, NULL, M, V);
            code += V_SUM_HEADER + 2 * (int64_t)code[2];
            break;
        case R_SUM: {
            const int32_t *n = code + 2;
            r_sum(piece, ALL_KINDS, lanes, code, M, V, A, last_lanes);
            code += R_SUM_HEADER + 2 * ((int64_t)n[0] + n[1] + n[2] + n[3]) + n[4];
            break;
        }
        case R_SUM_VV:
            r_sum(piece, VV, lanes, code, M, V, A, last_lanes);
            code += R_SUM_HEADER + 2 * (int64_t)code[2];
            break;
        case V_ROWS: {
            const int32_t *n = code + 3;
            all_rows(piece, 0, lanes, code, M, V, A, NULL);
            code += V_ROWS_HEADER + 4 * ((int64_t)n[0] + n[1] + n[2] + n[3]) + 2 * ((int64_t)n[4] + n[5]);
            break;
        }
        case R_ROWS: {
            const int32_t *n = code + 3;
            all_rows(piece, 1, lanes, code, M, V, A, last_lanes);
            code += R_ROWS_HEADER + 4 * ((int64_t)n[0] + n[1] + n[2] + n[3]) + 2 * (int64_t)n[4];
            break;
        }
        case V_GRID:
            v_grid(lanes, code, M, V);
            code += V_GRID_HEADER + 4 * (int64_t)code[4] + 3 * (int64_t)code[5];
            break;
        case R_GRID:
            r_grid(lanes, code, V, A, last_lanes);
            code += R_GRID_HEADER + 4 * (int64_t)code[4];
            break;
        case V_CALL1: {
            int function = code[1], k = code[2];
            for (code += V_CALL1_HEADER; k > 0;) {
                const int n = neighbours(code, k, 2, 3); /* rows side by side are one row */
                row_of_one(function, SLOT(code[0]), SLOT(code[1]), n * lanes);
                code += 2 * n, k -= n;
            }
            break;
        }
        case V_CALL2: {
            int function = code[1], kinds = code[2], k = code[3];
            for (code += V_CALL2_HEADER; k > 0;) {
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
            for (code += V_SELECT_HEADER; k > 0; k--, code += 4) {
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
            const int32_t *choices = code + V_TAKE_HEADER;
            int kind = code[3];
            int64_t n = code[4];
            for (int lane = 0; lane < lanes; lane++) {
                int64_t i = cr_choice((double)index[lane], n);
                y[lane] = i < 0 ? (real)NAN : kind == 0 ? M[choices[i]] : SLOT(choices[i])[lane];
            }
            code = choices + n;
            break;
        }
        case V_LOAD: {
            int k = code[1];
            for (code += V_LOAD_HEADER; k > 0; k--, code += 3) {
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
            for (code += V_STORE_HEADER; k > 0; k--, code += 3) {
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
        const int64_t sample = block * lanes;
#if BYTES == 64
        if (s->width == 1) run_block(1, VL, begin, end, M, V, A, sample, s->samples);
        else if (s->width == 2) run_block(2, 2 * VL, begin, end, M, V, A, sample, s->samples);
        else run_block(4, lanes, begin, end, M, V, A, sample, s->samples);
#elif BYTES == 32
        if (s->width == 1) run_block(2, VL, begin, end, M, V, A, sample, s->samples);
        else run_block(4, lanes, begin, end, M, V, A, sample, s->samples);
#else
        run_block(4, lanes, begin, end, M, V, A, sample, s->samples);
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

const Varying UNIT = {run_tiles, run_blocks, add_up};

END_OF_TARGET
