/* sums.h: sums of products of varying values: one of them, rows of them, grids. */

#ifndef SUMS_H
#define SUMS_H

#include "target.h"

typedef REAL vec __attribute__((vector_size(BYTES), may_alias));
typedef REAL unaligned __attribute__((vector_size(BYTES), may_alias, aligned(sizeof(REAL))));
typedef uint64_t mask __attribute__((vector_size(BYTES), may_alias));

#define VL ((int)(VECTOR_BYTES / sizeof(real)))  /* lanes of a vector, whatever the instruction set */
#define LANES ((int)(BYTES / sizeof(real)))      /* lanes of a register */
#define ALIGNED __attribute__((aligned(VECTOR_BYTES)))

/* --- Sums.  A row of lanes is summed in pieces of so many registers, which is known when this file is compiled: as many
   as a block of one vector has, or twice or four times that, up to MOST_PIECE. --- */

#define MOST_PIECE 4
#define AT(word) ((const vec *)(V + (int64_t)(word) * lanes)) /* a piece of a slot: V is that of slot 0 */

/* One sum for one piece.  kinds: which of the counts, n_vv n_vvm n_vu n_vum n_v, may not be 0, as bits.  If the piece is
   small, its terms go to several partial sums in turn, so that one multiply-add needn't wait for the last; not in an
   exact sum. */
#define VV 1
#define VU 4
#define ALL_KINDS 31
#define PRODUCT(x, y) (exact ? ROUNDED((x) * (y)) : (x) * (y)) /* exact: the sum has SHORT_TERMS at most */
INLINE void sum_piece(const int exact, const int piece, const int kinds, const int lanes, vec *sum, const int32_t *code,
                      const int32_t *n, const real *M, const real *V) {
    const int chains = exact ? 1 : MOST_PIECE / piece;
    vec partial[MOST_PIECE];
    for (int i = 0; i < MOST_PIECE; i++) partial[i] = (vec){0};
    if (kinds & VV) {
        int k = n[0];
        for (; k >= chains; k -= chains)
            UNROLL
            for (int chain = 0; chain < chains; chain++, code += 2) {
                const vec *a = AT(code[0]), *b = AT(code[1]);
                UNROLL
                for (int i = 0; i < piece; i++) partial[chain * piece + i] += PRODUCT(a[i], b[i]);
            }
        for (; k > 0; k--, code += 2) {
            const vec *a = AT(code[0]), *b = AT(code[1]);
            UNROLL
            for (int i = 0; i < piece; i++) partial[i] += PRODUCT(a[i], b[i]);
        }
    }
    if (kinds == ALL_KINDS)
        for (int k = n[1]; k > 0; k--, code += 2) {
            const vec *a = AT(code[0]), *b = AT(code[1]);
            UNROLL
            for (int i = 0; i < piece; i++) partial[i] -= PRODUCT(a[i], b[i]);
        }
    if (kinds & VU) {
        int k = n[2];
        for (; k >= chains; k -= chains)
            UNROLL
            for (int chain = 0; chain < chains; chain++, code += 2) {
                const vec *a = AT(code[0]);
                const real b = M[code[1]];
                UNROLL
                for (int i = 0; i < piece; i++) partial[chain * piece + i] += PRODUCT(a[i], b);
            }
        for (; k > 0; k--, code += 2) {
            const vec *a = AT(code[0]);
            const real b = M[code[1]];
            UNROLL
            for (int i = 0; i < piece; i++) partial[i] += PRODUCT(a[i], b);
        }
    }
    if (kinds == ALL_KINDS) {
        for (int k = n[3]; k > 0; k--, code += 2) {
            const vec *a = AT(code[0]);
            const real b = M[code[1]];
            UNROLL
            for (int i = 0; i < piece; i++) partial[i] -= PRODUCT(a[i], b);
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
INLINE void v_sum_as(const int exact, const int piece, const int kinds, const int lanes, const int32_t *code,
                     const int32_t *singles, const real *M, real *block) {
    for (int p = 0; p < lanes; p += piece * LANES) {
        real *V = block + p;
        vec sum[MOST_PIECE], *y = (vec *)AT(code[1]);
        sum_piece(exact, piece, kinds, lanes, sum, code + V_SUM_HEADER, code + 2, M, V);
        if (kinds == ALL_KINDS)
            for (int k = 0; k < code[7]; k++)
                for (int i = 0; i < piece; i++) sum[i] += M[singles[k]];
        UNROLL
        for (int i = 0; i < piece; i++) y[i] = sum[i];
    }
}

INLINE void v_sum(const int piece, const int kinds, const int lanes, const int32_t *code, const int32_t *singles,
                  const real *M, real *block) {
    int64_t terms = 0;
    for (int i = 2; i < V_SUM_HEADER; i++) terms += code[i];
    if (terms <= SHORT_TERMS) v_sum_as(1, piece, kinds, lanes, code, singles, M, block);
    else v_sum_as(0, piece, kinds, lanes, code, singles, M, block);
}

#if BYTES >= 32
typedef double doubles4 __attribute__((vector_size(32), may_alias));
typedef double unaligned4 __attribute__((vector_size(32), may_alias, aligned(8)));
typedef float floats4 __attribute__((vector_size(16), may_alias));
typedef float floats8 __attribute__((vector_size(32), may_alias));
#endif

/* The halves of a register of 64 bytes, added; one of 32 bytes as it is. */
#if BYTES == 64
typedef float floats16 __attribute__((vector_size(64), may_alias));

INLINE doubles4 halves_of_doubles(cr_doubles x) {
    const doubles4 none = {0};
    return __builtin_ia32_extractf64x4_mask(x, 0, none, -1) + __builtin_ia32_extractf64x4_mask(x, 1, none, -1);
}
INLINE floats8 halves_of_floats(cr_doubles x) {
    const floats8 none = {0};
    return __builtin_ia32_extractf32x8_mask((floats16)x, 0, none, -1) +
           __builtin_ia32_extractf32x8_mask((floats16)x, 1, none, -1);
}
#elif BYTES == 32
INLINE doubles4 halves_of_doubles(cr_doubles x) { return (doubles4)x; }
INLINE floats8 halves_of_floats(cr_doubles x) { return (floats8)x; }
#endif

/* total[i] += the sum of the lanes of sum[i], for n of them; four at a time where registers are wide enough. */
INLINE void add_lanes(const int n, double *total, const vec *sum) {
    int done = 0;
#if BYTES >= 32
    for (; done + 4 <= n; done += 4) {
        unaligned4 *y = (unaligned4 *)(total + done);
        if (sizeof(real) == sizeof(double)) {
            doubles4 of[4];
            UNROLL
            for (int i = 0; i < 4; i++) of[i] = halves_of_doubles((cr_doubles)sum[done + i]);
            const doubles4 ab = __builtin_ia32_haddpd256(of[0], of[1]), cd = __builtin_ia32_haddpd256(of[2], of[3]);
            *y = *y + (__builtin_ia32_vperm2f128_pd256(ab, cd, 0x20) + __builtin_ia32_vperm2f128_pd256(ab, cd, 0x31));
        } else {
            floats8 of[4];
            UNROLL
            for (int i = 0; i < 4; i++) of[i] = halves_of_floats((cr_doubles)sum[done + i]);
            const floats8 four = __builtin_ia32_haddps256(__builtin_ia32_haddps256(of[0], of[1]),
                                                          __builtin_ia32_haddps256(of[2], of[3]));
            const floats4 low = __builtin_ia32_vextractf128_ps256(four, 0);
            *y = *y + __builtin_convertvector(low + __builtin_ia32_vextractf128_ps256(four, 1), doubles4);
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
        sum_piece(0, piece, kinds, lanes, sum, code + R_SUM_HEADER, code + 2, M, V);
        if (__builtin_expect(last != NULL, 0))
            for (int i = 0; i < piece; i++) sum[i] = (vec)((mask)sum[i] & last[p / LANES + i]);
        for (int i = 0; i < piece; i++) whole += sum[i];
    }
    add_lanes(1, A + code[1], &whole);
}

/* --- Sums of many rows. --- */

#define MOST_SUMS_AT_ONCE 16 /* in registers */

/* The sums of R rows, a piece of each; see V_ROWS.  A factor that all rows share is loaded once. */
INLINE void rows_piece(const int exact, const int piece, const int R, const int lanes, vec *sum, const int32_t *code,
                       const int32_t *n, int64_t row, const real *M, const real *V) {
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
            FOR_EVERY_ROW_AND_REGISTER sum[r * piece + i] += PRODUCT(shared[i], b[r * ib + i]);
        } else {
            FOR_EVERY_ROW_AND_REGISTER sum[r * piece + i] += PRODUCT(a[r * ia + i], b[r * ib + i]);
        }
    }
    for (int k = n[1]; k > 0; k--, code += 4) {
        const vec *a = AT(code[0] + row * code[2]), *b = AT(code[1] + row * code[3]);
        const int64_t ia = code[2] * registers, ib = code[3] * registers;
        FOR_EVERY_ROW_AND_REGISTER sum[r * piece + i] -= PRODUCT(a[r * ia + i], b[r * ib + i]);
    }
    for (int k = n[2]; k > 0; k--, code += 4) {
        const vec *a = AT(code[0] + row * code[2]);
        const real *b = M + (code[1] + row * code[3]);
        const int64_t ia = code[2] * registers, ib = code[3];
        if (ia == 0) {
            vec shared[MOST_PIECE];
            for (int i = 0; i < piece; i++) shared[i] = a[i];
            FOR_EVERY_ROW_AND_REGISTER sum[r * piece + i] += PRODUCT(shared[i], b[r * ib]);
        } else {
            FOR_EVERY_ROW_AND_REGISTER sum[r * piece + i] += PRODUCT(a[r * ia + i], b[r * ib]);
        }
    }
    for (int k = n[3]; k > 0; k--, code += 4) {
        const vec *a = AT(code[0] + row * code[2]);
        const real *b = M + (code[1] + row * code[3]);
        const int64_t ia = code[2] * registers, ib = code[3];
        FOR_EVERY_ROW_AND_REGISTER sum[r * piece + i] -= PRODUCT(a[r * ia + i], b[r * ib]);
    }
    for (int k = n[4]; k > 0; k--, code += 2) {
        const vec *a = AT(code[0] + row * code[1]);
        const int64_t ia = code[1] * registers;
        FOR_EVERY_ROW_AND_REGISTER sum[r * piece + i] += a[r * ia + i];
    }
#undef FOR_EVERY_ROW_AND_REGISTER
}

/* R rows of V_ROWS, or (reduces) of R_ROWS into accumulators; of a last block only the lanes of the mask count. */
INLINE void some_rows(const int exact, const int piece, const int R, const int reduces, const int lanes,
                      const int32_t *code, int64_t row, const real *M, real *block, double *A, const mask *last) {
    const int32_t *n = code + 3, *terms = code + (reduces ? R_ROWS_HEADER : V_ROWS_HEADER);
    const int32_t *singles = terms + 4 * ((int64_t)n[0] + n[1] + n[2] + n[3]) + 2 * (int64_t)n[4];
    vec whole[MOST_SUMS_AT_ONCE];
    for (int r = 0; r < R; r++) whole[r] = (vec){0};
    for (int p = 0; p < lanes; p += piece * LANES) {
        real *V = block + p;
        vec sum[MOST_SUMS_AT_ONCE];
        rows_piece(exact, piece, R, lanes, sum, terms, n, row, M, V);
        UNROLL
        for (int r = 0; r < R; r++) {
            vec *own = sum + r * piece;
            if (reduces) {
                if (__builtin_expect(last != NULL, 0))
                    for (int i = 0; i < piece; i++) own[i] = (vec)((mask)own[i] & last[p / LANES + i]);
                for (int i = 0; i < piece; i++) whole[r] += own[i];
            } else {
                vec *y = (vec *)AT(code[1] + row + r);
                for (int k = 0; k < n[5]; k++)
                    for (int i = 0; i < piece; i++) own[i] += M[singles[2 * k] + (row + r) * singles[2 * k + 1]];
                for (int i = 0; i < piece; i++) y[i] = own[i];
            }
        }
    }
    if (reduces) add_lanes(R, A + code[1] + row, whole);
}

INLINE void all_rows_as(const int exact, const int piece, const int reduces, const int lanes, const int32_t *code,
                        const real *M, real *V, double *A, const mask *last) {
    const int R = BYTES < 64 ? 8 / piece : piece == 1 ? 8 : 16 / piece > 4 ? 4 : 16 / piece;
    int64_t row = 0, k = code[2];
    for (; row + R <= k; row += R) some_rows(exact, piece, R, reduces, lanes, code, row, M, V, A, last);
    if (!reduces)
        for (; row + R / 2 <= k; row += R / 2)
            some_rows(exact, piece, R / 2, reduces, lanes, code, row, M, V, A, last);
    for (; row < k; row++) some_rows(exact, piece, 1, reduces, lanes, code, row, M, V, A, last);
}

INLINE void all_rows(const int piece, const int reduces, const int lanes, const int32_t *code, const real *M, real *V,
                     double *A, const mask *last) {
    int64_t terms = 0;
    for (int i = 3; !reduces && i < V_ROWS_HEADER; i++) terms += code[i];
    if (!reduces && terms <= SHORT_TERMS) all_rows_as(1, piece, 0, lanes, code, M, V, A, last);
    else all_rows_as(0, piece, reduces, lanes, code, M, V, A, last);
}

/* --- Grids: m times k sums whose first factors depend on the one number and whose second factors on the other, as in
   a product of matrices.  A tile of them is summed at once, so each factor that is loaded serves several products. --- */

#define TILE_M (BYTES == 64 ? 4 : 2)
#define TILE_K 4
#define FOR_THE_TILE UNROLL for (int r = 0; r < tm; r++) UNROLL for (int c = 0; c < tk; c++)

/* Rows (i..i+tm, j..j+tk) of V_GRID, for one register of every slot: V is that of slot 0. */
INLINE void v_tile(const int exact, const int tm, const int tk, const int64_t lanes, const int32_t *code, int64_t i,
                   int64_t j, const real *M, real *V) {
    const int64_t registers = lanes / LANES, k = code[3];
    const int32_t *terms = code + V_GRID_HEADER, *end = terms + 4 * (int64_t)code[4], *singles_end = end + 3 * (int64_t)code[5];
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
            for (int r = 0; r < tm; r++) sum[r * tk + c] += PRODUCT(x[r], w);
        }
    }
    for (; terms < singles_end; terms += 3)
        FOR_THE_TILE sum[r * tk + c] += *AT(terms[0] + (i + r) * terms[1] + (j + c) * terms[2]);
    FOR_THE_TILE *(vec *)AT(code[1] + (i + r) * k + j + c) = sum[r * tk + c];
}

INLINE void v_grid_as(const int exact, const int64_t lanes, const int32_t *code, const real *M, real *block) {
    const int64_t m = code[2], k = code[3];
    int64_t i = 0;
#define ROWS_OF_TILES(tm)                                                                                              \
    for (; i + tm <= m; i += tm)                                                                                       \
        for (int64_t p = 0, j; p < lanes; p += LANES) {                                                                \
            for (j = 0; j + TILE_K <= k; j += TILE_K) v_tile(exact, tm, TILE_K, lanes, code, i, j, M, block + p);      \
            for (; j < k; j++) v_tile(exact, tm, 1, lanes, code, i, j, M, block + p);                                  \
        }
    ROWS_OF_TILES(TILE_M)
    ROWS_OF_TILES(2)
    ROWS_OF_TILES(1)
#undef ROWS_OF_TILES
}

static void v_grid(const int64_t lanes, const int32_t *code, const real *M, real *block) {
    if ((int64_t)code[4] + code[5] <= SHORT_TERMS) v_grid_as(1, lanes, code, M, block);
    else v_grid_as(0, lanes, code, M, block);
}

/* Rows (i..i+tm, j..j+tk) of R_GRID. */
INLINE void r_tile(const int tm, const int tk, const int64_t lanes, const int32_t *code, int64_t i, int64_t j,
                   const real *V, double *A, const mask *last) {
    const int64_t registers = lanes / LANES, k = code[3];
    const int32_t *terms = code + R_GRID_HEADER, *end = terms + 4 * (int64_t)code[4];
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

#endif
