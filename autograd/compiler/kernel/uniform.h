/* uniform.h: runs uniform sections, for one instruction set with registers of two doubles and one real type.
   Independent calls of one function are done two at a time.  A unit includes it, and says what UNIT is called. */

#include "target.h"

#define OF(number, name) [number] = cr_##name

static cr_doubles (*const of_one[FUNCTIONS1])(cr_doubles) = {
    OF(EXP, exp),           OF(EXPM1, expm1), OF(LOG, log),   OF(LOG1P, log1p), OF(LOG2, log2), OF(LOG10, log10),
    OF(SQRT, sqrt),         OF(SIN, sin),     OF(COS, cos),   OF(TANH, tanh),   OF(SECH, sech), OF(SIGMOID, sigmoid),
    OF(SOFTPLUS, softplus), OF(RELU, relu),   OF(SILU, silu), OF(GELU, gelu),   OF(ERF, erf),   OF(ERFC, erfc),
    OF(SIGN, sign),         OF(FLOOR, floor), OF(CEIL, ceil), OF(TRUNC, trunc), OF(ROUND, round), OF(ABS, abs)};

static cr_doubles (*const of_two[FUNCTIONS2])(cr_doubles, cr_doubles) = {
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

/* An exact sum. */
INLINE real exact_sum(const int64_t n_plus, const int64_t n_minus, const int64_t n_single, const int32_t *terms,
                      const real *M) {
    real sum = 0;
    UNROLL
    for (int i = 0; i < n_plus; i++, terms += 2)
        sum = i ? sum + ROUNDED(product(terms, M)) : ROUNDED(product(terms, M));
    UNROLL
    for (int i = 0; i < n_minus; i++, terms += 2)
        sum = i || n_plus ? sum - ROUNDED(product(terms, M)) : -ROUNDED(product(terms, M));
    UNROLL
    for (int i = 0; i < n_single; i++, terms++) sum = i || n_plus || n_minus ? sum + M[terms[0]] : M[terms[0]];
    return sum;
}

/* A sum whose counts are known when this file is compiled. */
INLINE const int32_t *short_sum(const int n_plus, const int n_minus, const int n_single, const int32_t *code, real *M) {
    const int32_t *terms = code + U_SUM_HEADER, *minus = terms + 2 * n_plus, *single = minus + 2 * n_minus;
    if (n_plus + n_minus + n_single <= SHORT_TERMS) {
        M[code[1]] = exact_sum(n_plus, n_minus, n_single, terms, M);
        return single + n_single;
    }
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
            code += U_SUM_HEADER;
            if (n_plus + n_minus + n_single <= SHORT_TERMS) {
                *y = exact_sum(n_plus, n_minus, n_single, code, M);
                code += 2 * (n_plus + n_minus) + n_single;
                break;
            }
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
            cr_doubles (*vector)(cr_doubles) = of_one[code[1]];
            double (*scalar)(double) = libm1[code[1]];
            int k = code[2];
            for (code += U_CALL1_HEADER; k > 0; k -= 2, code += 4) {
                int second = k > 1 ? 2 : 0; /* a lone call is done twice */
                cr_doubles x = {(double)M[code[1]], (double)M[code[second + 1]]}, y;
                if (vector) y = vector(x);
                else y = (cr_doubles){scalar(x[0]), second ? scalar(x[1]) : 0.0};
                M[code[0]] = (real)y[0];
                if (second) M[code[2]] = (real)y[1];
            }
            if (k < 0) code -= 2;
            break;
        }
        case U_CALL2: {
            cr_doubles (*vector)(cr_doubles, cr_doubles) = of_two[code[1]];
            double (*scalar)(double, double) = libm2[code[1]];
            int k = code[2];
            for (code += U_CALL2_HEADER; k > 0; k -= 2, code += 6) {
                int second = k > 1 ? 3 : 0;
                cr_doubles a = {(double)M[code[1]], (double)M[code[second + 1]]}, y;
                cr_doubles b = {(double)M[code[2]], (double)M[code[second + 2]]};
                if (vector) y = vector(a, b);
                else y = (cr_doubles){scalar(a[0], b[0]), second ? scalar(a[1], b[1]) : 0.0};
                M[code[0]] = (real)y[0];
                if (second) M[code[3]] = (real)y[1];
            }
            if (k < 0) code -= 3;
            break;
        }
        case U_SELECT: {
            int k = code[1];
            for (code += U_SELECT_HEADER; k > 0; k--, code += 4) M[code[0]] = M[code[1]] != 0 ? M[code[2]] : M[code[3]];
            break;
        }
        case U_TAKE: {
            int64_t n = code[3], i = cr_choice((double)M[code[2]], n);
            M[code[1]] = i < 0 ? (real)NAN : M[code[U_TAKE_HEADER + i]];
            code += U_TAKE_HEADER + n;
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

const Uniform UNIT = {run_uniform, copy};

END_OF_TARGET
