/* tiles.h: rows of uniform sums whose terms stand at regular distances (U_ROWS), in the registers of varying.h. */

#include "sums.h"

/* sum ± n products of numbers that stand at regular distances, one after the other. */
INLINE real exact_dot(real sum, const int sign, const real *a, int64_t ja, const real *b, int64_t jb, int n) {
    for (int j = 0; j < n; j++) {
        const real term = ROUNDED(a[j * ja] * b[j * jb]);
        sum = sign > 0 ? sum + term : sum - term;
    }
    return sum;
}

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

/* A register of neighbouring rows of a tile: sum ± its terms, one after the other.  The rows' distances are 0 or 1. */
INLINE vec exact_tile_of_rows(vec sum, const int sign, const int32_t *t, int64_t row, const real *M) {
    const real *a = M + t[0] + row * t[1], *b = M + t[3] + row * t[4];
    for (int j = 0; j < t[6]; j++, a += t[2], b += t[5]) {
        vec x = a[0] - (vec){0}, y = b[0] - (vec){0};
        if (t[1] == 1) x = *(const unaligned *)a;
        if (t[4] == 1) y = *(const unaligned *)b;
        const vec term = ROUNDED(x * y);
        sum = sign > 0 ? sum + term : sum - term;
    }
    return sum;
}

/* The same: Σ over its terms. */
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
INLINE const int32_t *run_tiles_as(const int exact, const int32_t *code, void *memory) {
    real *M = memory, *y = M + code[1];
    const int k = code[2], plus = code[3], minus = code[4], n_single = code[5];
    const int32_t *tiles = code + U_ROWS_HEADER, *singles = tiles + 7 * (int64_t)(plus + minus);
    int row = 0;
    if (k >= LANES && are_neighbours(tiles, plus + minus))
        for (; row + LANES <= k; row += LANES) {
            vec sum = {0};
            for (int i = 0; i < plus; i++)
                if (exact) sum = exact_tile_of_rows(sum, 1, tiles + 7 * i, row, M);
                else sum += tile_of_rows(tiles + 7 * i, row, M);
            for (int i = plus; i < plus + minus; i++)
                if (exact) sum = exact_tile_of_rows(sum, -1, tiles + 7 * i, row, M);
                else sum -= tile_of_rows(tiles + 7 * i, row, M);
            for (int i = 0; i < n_single; i++) {
                const real *c = M + singles[2 * i];
                const int64_t ic = singles[2 * i + 1];
                if (ic == 1) sum += *(const unaligned *)(c + row);
                else
                    for (int l = 0; l < LANES; l++) sum[l] += c[(row + l) * ic];
            }
            *(unaligned *)(y + row) = sum;
        }
    if (!exact && plus == 1 && minus == 0 && tiles[2] == 1 && tiles[5] == 1 && tiles[6] >= LANES)
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
            const real *a = M + t[0] + (int64_t)row * t[1], *b = M + t[3] + (int64_t)row * t[4];
            if (exact) sum = exact_dot(sum, i < plus ? 1 : -1, a, t[2], b, t[5], t[6]);
            else if (i < plus) sum += dot(a, t[2], b, t[5], t[6]);
            else sum -= dot(a, t[2], b, t[5], t[6]);
        }
        for (int i = 0; i < n_single; i++) sum += M[singles[2 * i] + (int64_t)row * singles[2 * i + 1]];
        y[row] = sum;
    }
    return singles + 2 * (int64_t)n_single;
}

static const int32_t *run_tiles(const int32_t *code, void *memory) {
    const int32_t *tiles = code + U_ROWS_HEADER;
    int64_t terms = code[5];
    for (int i = 0; i < code[3] + code[4]; i++) terms += tiles[7 * i + 6];
    return terms <= SHORT_TERMS ? run_tiles_as(1, code, memory) : run_tiles_as(0, code, memory);
}
