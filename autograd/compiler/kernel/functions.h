/* functions.h: the functions of a vector of doubles, branch-free, for one instruction set.

   Before it is included, BYTES says how many a register has: 16 on any machine; 32 and 64 on x86, where the functions
   that call these are compiled for AVX2 and FMA, or for AVX-512 (F, DQ, VL, BW).  Each function is inlined.  The file
   stands alone, so that generated C can include it.

   floats are widened to doubles and the results rounded back, so each function is written, and is accurate, once.

   Where coefficients stand, they were computed for this file by Remez exchange with 80 digits (tests/compiler/fits.py
   prints them) and rounded to doubles; the error beside them is the largest on the interval, after rounding. */

#ifndef CHAINRULE_FUNCTIONS_H
#define CHAINRULE_FUNCTIONS_H

#ifndef __GNUC__
#error "the vectors are written with the extensions of GCC and Clang"
#endif

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __has_builtin
#define CR_HAS(builtin) __has_builtin(builtin)
#else
#define CR_HAS(builtin) 0
#endif
#define CR_INLINE static inline __attribute__((always_inline, unused))
#define CR_CURRENT_ROUNDING 4 /* of a builtin: as the processor is set */

typedef double cr_doubles __attribute__((vector_size(BYTES), may_alias));
#if BYTES == 64
typedef long long cr_longs __attribute__((vector_size(BYTES))); /* as a builtin has them */
#endif
/* Of a double; also a mask, all ones or zeros. */
typedef uint64_t cr_bits __attribute__((vector_size(BYTES), may_alias));

/* In each lane: yes where the mask is set, else no. */
CR_INLINE cr_doubles cr_select(cr_bits mask, cr_doubles yes, cr_doubles no) {
    return (cr_doubles)((mask & (cr_bits)yes) | (~mask & (cr_bits)no));
}

/* Is the mask set in any lane? */
CR_INLINE int cr_any(cr_bits mask) {
#if BYTES == 64
    return __builtin_ia32_cvtq2mask512((cr_longs)mask) != 0;
#elif BYTES == 32
    return __builtin_ia32_movmskpd256((cr_doubles)mask) != 0;
#else
    return (mask[0] | mask[1]) != 0;
#endif
}

CR_INLINE cr_doubles cr_all(double x) { return x - (cr_doubles){0}; } /* x in every lane */

CR_INLINE cr_doubles cr_sqrt(cr_doubles x) {
#if CR_HAS(__builtin_elementwise_sqrt)
    return __builtin_elementwise_sqrt(x);
#elif BYTES == 64 && defined(__clang__)
    return __builtin_ia32_sqrtpd512(x, CR_CURRENT_ROUNDING);
#elif BYTES == 64
    return __builtin_ia32_sqrtpd512_mask(x, x, -1, CR_CURRENT_ROUNDING);
#elif BYTES == 32
    return __builtin_ia32_sqrtpd256(x);
#elif defined(__SSE2__)
    return __builtin_ia32_sqrtpd(x);
#else
    return (cr_doubles){sqrt(x[0]), sqrt(x[1])};
#endif
}

#define CR_SIGN_BIT (UINT64_C(1) << 63)

CR_INLINE cr_doubles cr_abs(cr_doubles x) { return (cr_doubles)((cr_bits)x & ~CR_SIGN_BIT); }
CR_INLINE cr_doubles cr_with_sign_of(cr_doubles x, cr_doubles magnitude) {
    return (cr_doubles)(((cr_bits)x & CR_SIGN_BIT) | ((cr_bits)magnitude & ~CR_SIGN_BIT));
}
/* NaN stays. */
CR_INLINE cr_doubles cr_at_most(double limit, cr_doubles x) {
    return cr_select((cr_bits)(x > limit), cr_all(limit), x);
}

/* Adding this rounds a double below 2^51 in magnitude to a whole number, which then stands in the sum's lowest bits, in
   two's complement. */
#define CR_ROUNDER 0x1.8p52

/* 2^k, where whole = k + ROUNDER and -1022 <= k <= 1023: k becomes the exponent field. */
CR_INLINE cr_doubles cr_power_of_2(cr_doubles whole) {
    return (cr_doubles)(((cr_bits)whole << 52) + (UINT64_C(1023) << 52));
}

/* p·2^k for whole k from -2044 to 2046: in two steps, so that k may be beyond the exponents, and only the
   last rounds. */
CR_INLINE cr_doubles cr_scaled(cr_doubles p, cr_doubles k) {
    cr_doubles first = k * 0.5 + CR_ROUNDER;
    cr_doubles second = (k - (first - CR_ROUNDER)) + CR_ROUNDER;
    return p * cr_power_of_2(first) * cr_power_of_2(second);
}

/* exp(x + tail) = (1 + result)·2^k with |result| < 0.42, for x from -1400 to 1400 and a tail below 1e-4.
   ln 2 is split into a part with 21 trailing zeros, whose products with k are exact, and the rest. */
#define CR_LOG2_E 0x1.71547652b82fep0
#define CR_LN2_HIGH 0x1.62e42fee00000p-1
#define CR_LN2_LOW 0x1.a39ef35793c76p-33
CR_INLINE cr_doubles cr_exp_parts(cr_doubles x, cr_doubles tail, cr_doubles *k) {
    *k = (x * CR_LOG2_E + CR_ROUNDER) - CR_ROUNDER;
    cr_doubles r = ((x - *k * CR_LN2_HIGH) - *k * CR_LN2_LOW) + tail;
    /* (e^r - 1 - r) / r² for |r| <= ln 2 / 2 (and a little more): degree 9, error 2^-53 before the factor r² <= 0.12.
       Summed in pairs, pairs of pairs and so on: more multiplications than Horner's rule, but less waiting. */
    cr_doubles r2 = r * r, r4 = r2 * r2;
    cr_doubles q01 = 0.5000000000000001 + r * 0.16666666666666674;
    cr_doubles q23 = 0.04166666666662382 + r * 0.008333333333322143;
    cr_doubles q45 = 0.0013888888917368432 + r * 0.00019841269886786432;
    cr_doubles q67 = 2.4801521055959415e-05 + r * 2.755724211507995e-06;
    cr_doubles q89 = 2.762020242431835e-07 + r * 2.511013414481974e-08;
    cr_doubles q = (q01 + r2 * q23) + r4 * ((q45 + r2 * q67) + r4 * q89);
    return r + r2 * q;
}

/* Below -750 exp is 0 and above 710 it is infinite, as it is at them. */
CR_INLINE cr_doubles cr_exp(cr_doubles x) {
    cr_doubles k;
    x = cr_select((cr_bits)(x < -750.0), cr_all(-750.0), cr_at_most(710.0, x));
    cr_doubles p = cr_exp_parts(x, cr_all(0.0), &k);
    return cr_scaled(p + 1.0, k);
}

/* e^x - 1 = 2·(2^(k-1)·p + (2^(k-1) - ½)), where only the sum rounds. */
CR_INLINE cr_doubles cr_expm1(cr_doubles x) {
    cr_doubles k;
    cr_doubles p = cr_exp_parts(cr_select((cr_bits)(x < -50.0), cr_all(-50.0), cr_at_most(710.0, x)), cr_all(0.0), &k);
    cr_doubles half_scale = cr_power_of_2((k - 1.0) + CR_ROUNDER);
    cr_doubles y = (half_scale * p + (half_scale - 0.5)) * 2.0;
    return cr_select((cr_bits)(cr_abs(x) < 0x1p-54), x, y);
}

/* x = (1 + f)·2^k with 1 + f from √½ to √2, for x positive, finite and normal. */
#define CR_SQRT_HALF_BITS UINT64_C(0x3fe6a09e667f3bcd)
#define CR_ONE_BITS UINT64_C(0x3ff0000000000000)
CR_INLINE cr_doubles cr_log_split(cr_doubles x, cr_doubles *k) {
    cr_bits biased = ((cr_bits)x - CR_SQRT_HALF_BITS + CR_ONE_BITS) >> 52; /* k + 1023, as a whole number */
    *k = (cr_doubles)(biased | (cr_bits)cr_all(0x1p52)) - (0x1p52 + 1023.0);
    return (cr_doubles)((cr_bits)x - (biased << 52) + CR_ONE_BITS) - 1.0;
}

/* The same for a subnormal x too. */
CR_INLINE cr_doubles cr_log_split_any(cr_doubles x, cr_doubles *k) {
    cr_bits tiny = (cr_bits)(x < 0x1p-1022);
    cr_doubles f = cr_log_split(cr_select(tiny, x * 0x1p54, x), k);
    *k -= cr_select(tiny, cr_all(54.0), cr_all(0.0));
    return f;
}

/* log(1 + f) = f - f²/2 + result.  With s = f / (2 + f) it is 2 artanh s = f - f²/2 + s·(f²/2 + s²·P(s²)). */
CR_INLINE cr_doubles cr_log_rest(cr_doubles f, cr_doubles half_square) {
    cr_doubles s = f / (f + 2.0), z = s * s;
    /* (2 artanh(s) / s - 2) / z for 0 <= z <= (√2-1)²/(√2+1)²: degree 6, error 2^-51.5 before the factor
       z/2 <= 0.015. */
    cr_doubles p = z * 0.14619098646368867 + 0.15331497590508059;
    p = p * z + 0.18182896214564698;
    p = p * z + 0.2222221103162108;
    p = p * z + 0.2857142862665249;
    p = p * z + 0.39999999999897884;
    p = p * z + 0.666666666666667;
    return s * (half_square + p * z);
}

/* The logarithm of x, which is y where x is a positive finite number. */
CR_INLINE cr_doubles cr_log_edges(cr_doubles x, cr_doubles y) {
    y = cr_select((cr_bits)(x == 0.0), cr_all(-INFINITY), y);
    y = cr_select((cr_bits)(x == INFINITY), x, y);
    return cr_select((cr_bits)(x >= 0.0), y, cr_all(NAN));
}

CR_INLINE cr_doubles cr_log(cr_doubles x) {
    cr_doubles k, f = cr_log_split_any(x, &k), half_square = f * f * 0.5;
    cr_doubles rest = cr_log_rest(f, half_square) + k * CR_LN2_LOW;
    return cr_log_edges(x, k * CR_LN2_HIGH - ((half_square - rest) - f));
}

CR_INLINE cr_doubles cr_log2(cr_doubles x) {
    cr_doubles k, f = cr_log_split_any(x, &k), half_square = f * f * 0.5;
    return cr_log_edges(x, k + (f - (half_square - cr_log_rest(f, half_square))) * CR_LOG2_E);
}

/* log10 2 is split as ln 2 was. */
#define CR_LOG10_E 0x1.bcb7b1526e50ep-2
#define CR_LOG10_2_HIGH 0x1.3441350800000p-2
#define CR_LOG10_2_LOW 0x1.f79fef311f12bp-34
CR_INLINE cr_doubles cr_log10(cr_doubles x) {
    cr_doubles k, f = cr_log_split_any(x, &k), half_square = f * f * 0.5;
    cr_doubles rest = (f - (half_square - cr_log_rest(f, half_square))) * CR_LOG10_E + k * CR_LOG10_2_LOW;
    return cr_log_edges(x, k * CR_LOG10_2_HIGH + rest);
}

/* The logarithm of the rounded sum u = 1 + x; what its rounding lost, relative to u, is put back. */
CR_INLINE cr_doubles cr_log1p(cr_doubles x) {
    cr_doubles u = x + 1.0, most = u - 1.0;
    cr_doubles lost = (1.0 - (u - most)) + (x - most);
    cr_doubles k, f = cr_log_split(u, &k), half_square = f * f * 0.5;
    cr_doubles rest = cr_log_rest(f, half_square) + (k * CR_LN2_LOW + lost / u);
    cr_doubles y = k * CR_LN2_HIGH - ((half_square - rest) - f);
    return cr_select((cr_bits)(cr_abs(x) < 0x1p-54), x, cr_log_edges(u, y));
}

/* x less the nearest multiple of π/2; *whole is that multiple's number + ROUNDER.  π/2 is split into three parts of 33
   bits, whose products with numbers below 2^20 are exact, and a rest. */
#define CR_MOST_TURNED 1e5
#define CR_HALF_PI_1 0x1.921fb54400000p0
#define CR_HALF_PI_2 0x1.0b4611a600000p-34
#define CR_HALF_PI_3 0x1.3198a2e000000p-69
#define CR_HALF_PI_4 0x1.b839a252049c1p-104
CR_INLINE cr_doubles cr_quarter_turns(cr_doubles x, cr_doubles *whole) {
    *whole = x * 0x1.45f306dc9c883p-1 + CR_ROUNDER; /* 2/π */
    cr_doubles k = *whole - CR_ROUNDER;
    return (((x - k * CR_HALF_PI_1) - k * CR_HALF_PI_2) - k * CR_HALF_PI_3) - k * CR_HALF_PI_4;
}

/* sin r for |r| <= π/4 (and a little more), with z = r². */
CR_INLINE cr_doubles cr_sin_series(cr_doubles r, cr_doubles z) {
    /* (sin(r)/r - 1) / z: degree 5, error 2^-54.8 before the factor z <= 0.62. */
    cr_doubles p = z * 1.5918002195558476e-10 + -2.505113010235719e-08;
    p = p * z + 2.7557316094324314e-06;
    p = p * z + -0.00019841269836743053;
    p = p * z + 0.00833333333333094;
    p = p * z + -0.16666666666666666;
    return r + r * z * p;
}

/* cos r likewise. */
CR_INLINE cr_doubles cr_cos_series(cr_doubles z) {
    /* (cos(r) - 1 + z/2) / z²: degree 5, error 2^-58.6 before the factor z² <= 0.38. */
    cr_doubles p = z * -1.1382551992967853e-11 + 2.0876145164029892e-09;
    p = p * z + -2.755731726650578e-07;
    p = p * z + 2.480158729875581e-05;
    p = p * z + -0.001388888888888739;
    p = p * z + 0.041666666666666664;
    return 1.0 - (z * 0.5 - z * z * p);
}

/* Of angles too large for cr_quarter_turns, of infinities and NaN: libm's sine or cosine; else y. */
CR_INLINE cr_doubles cr_of_large_angles(double (*function)(double), cr_doubles x, cr_doubles y) {
    if (__builtin_expect(cr_any(~(cr_bits)(cr_abs(x) <= CR_MOST_TURNED)), 0))
        for (size_t i = 0; i < sizeof x / sizeof x[0]; i++)
            if (!(fabs(x[i]) <= CR_MOST_TURNED)) y[i] = function(x[i]);
    return y;
}

CR_INLINE cr_doubles cr_sin(cr_doubles x) {
    cr_doubles whole, r = cr_quarter_turns(cr_abs(x), &whole), z = r * r;
    cr_bits odd = -((cr_bits)whole & 1), negative = ((cr_bits)whole >> 1) << 63;
    cr_doubles y = cr_select(odd, cr_cos_series(z), cr_sin_series(r, z));
    return cr_of_large_angles(sin, x, (cr_doubles)((cr_bits)y ^ negative ^ ((cr_bits)x & CR_SIGN_BIT)));
}

CR_INLINE cr_doubles cr_cos(cr_doubles x) {
    cr_doubles whole, r = cr_quarter_turns(cr_abs(x), &whole), z = r * r;
    cr_bits odd = -((cr_bits)whole & 1), negative = (((cr_bits)whole + 1) >> 1) << 63;
    cr_doubles y = cr_select(odd, cr_sin_series(r, z), cr_cos_series(z));
    return cr_of_large_angles(cos, x, (cr_doubles)((cr_bits)y ^ negative));
}

/* With e = e^-|x|, which can't overflow: 1 / (1 + e) from zero on, e / (1 + e) below. */
CR_INLINE cr_doubles cr_sigmoid(cr_doubles x) {
    cr_doubles e = cr_exp(-cr_abs(x));
    return cr_select((cr_bits)(x < 0.0), e, cr_all(1.0)) / (e + 1.0);
}

/* 2 / (e^x + e^-x) = 2e / (1 + e²). */
CR_INLINE cr_doubles cr_sech(cr_doubles x) {
    cr_doubles e = cr_exp(-cr_abs(x));
    return (e + e) / (e * e + 1.0);
}

/* With t = e^2|x| - 1: t / (t + 2), which is 1 to the last bit from 20 on. */
CR_INLINE cr_doubles cr_tanh(cr_doubles x) {
    cr_doubles t = cr_expm1(2.0 * cr_at_most(20.0, cr_abs(x)));
    return cr_with_sign_of(x, t / (t + 2.0));
}

/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). */
CR_INLINE cr_doubles cr_softplus(cr_doubles x) {
    return cr_select((cr_bits)(x <= 0.0), cr_all(0.0), x) + cr_log1p(cr_exp(-cr_abs(x)));
}

/* x·sigmoid(x).  Below zero it is x·e / (1 + e), scaled last: e alone may be subnormal. */
CR_INLINE cr_doubles cr_silu(cr_doubles x) {
    cr_doubles k, a = cr_at_most(800.0, cr_abs(x));
    cr_doubles p = cr_exp_parts(-a, cr_all(0.0), &k) + 1.0;
    cr_doubles sum = cr_scaled(p, k) + 1.0;
    return cr_select((cr_bits)(x < 0.0), cr_scaled(-a * p / sum, k), x / sum);
}

/* e^(z²)·erfc(z) for 0 <= z <= 28, as (1 + s·P(t)) / (1 + 2z) with s = 2z / (z + 4) and t = s - 1 = (z - 4) / (z + 4),
   which folds the half-line into an interval. */
CR_INLINE cr_doubles cr_erfcx(cr_doubles z) {
    cr_doubles s = 2.0 * z / (z + 4.0), t = s - 1.0;
    /* ((1 + 2z)·e^(z²)·erfc(z) - 1) / s for -1 <= t <= 0.75: degree 22, error 2^-55.7 before the factor s <= 1.75. */
    cr_doubles p = t * 8.850143239142741e-10 + -2.05173211204387e-10;
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
CR_INLINE cr_doubles cr_erfc_tail(cr_doubles a, double share, cr_doubles z, cr_doubles factor) {
    cr_doubles k, h = (cr_doubles)((cr_bits)a & ~UINT64_C(0x7ffffff));
    cr_doubles p = cr_exp_parts(h * h * -share, (a - h) * (a + h) * -share, &k) + 1.0;
    return cr_scaled(factor * (p * cr_erfcx(z)), k);
}

CR_INLINE cr_doubles cr_erfc(cr_doubles x) {
    cr_doubles z = cr_at_most(28.0, cr_abs(x)), y = cr_erfc_tail(z, 1.0, z, cr_all(1.0));
    return cr_select((cr_bits)(x < 0.0), 2.0 - y, y);
}

CR_INLINE cr_doubles cr_erf(cr_doubles x) {
    cr_doubles a = cr_at_most(6.0, cr_abs(x)), z = a * a;
    /* (erf(a)/a - 2/√π) / z for 0 <= z <= 1: degree 11, error 2^-55.9. */
    cr_doubles p = z * 6.177713942378188e-11 + -1.150234697264376e-09;
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
    cr_doubles near = a * 0x1.20dd750429b6dp0 + a * z * p;
    cr_doubles far = 1.0 - cr_erfc_tail(a, 1.0, a, cr_all(1.0));
    return cr_with_sign_of(x, cr_select((cr_bits)(a < 1.0), near, far));
}

/* x·Φ(x), Φ the standard normal distribution function: -|x|·Φ(-|x|) below zero, x - x·Φ(-x) above. */
CR_INLINE cr_doubles cr_gelu(cr_doubles x) {
    cr_doubles a = cr_at_most(39.0, cr_abs(x)), tail = cr_erfc_tail(a, 0.5, a * 0x1.6a09e667f3bcdp-1, a * 0.5);
    return cr_select((cr_bits)(x < 0.0), -tail, x - tail);
}

CR_INLINE cr_doubles cr_relu(cr_doubles x) { return cr_select((cr_bits)(x <= 0.0), cr_all(0.0), x); }

CR_INLINE cr_doubles cr_sign(cr_doubles x) {
    return cr_select((cr_bits)(x > 0.0), cr_all(1.0), cr_select((cr_bits)(x < 0.0), cr_all(-1.0), x));
}

/* Adding and subtracting 2^52 rounds to the nearest whole number, which may be above x.  -0 becomes 0. */
CR_INLINE cr_doubles cr_floor(cr_doubles x) {
    cr_doubles large = cr_with_sign_of(x, cr_all(0x1p52)), nearest = (x + large) - large;
    cr_doubles down = nearest - cr_select((cr_bits)(nearest > x), cr_all(1.0), cr_all(0.0));
    return cr_select((cr_bits)(cr_abs(x) < 0x1p52), down, x) + 0.0;
}

CR_INLINE cr_doubles cr_ceil(cr_doubles x) { return 0.0 - cr_floor(-x); } /* floor gives no -0, and this neither */

CR_INLINE cr_doubles cr_trunc(cr_doubles x) { return cr_with_sign_of(x, cr_floor(cr_abs(x))) + 0.0; }

/* To the even one of two: the rounding of the addition. */
CR_INLINE cr_doubles cr_round(cr_doubles x) {
    cr_doubles large = cr_with_sign_of(x, cr_all(0x1p52));
    return cr_select((cr_bits)(cr_abs(x) < 0x1p52), (x + large) - large, x) + 0.0;
}

CR_INLINE cr_doubles cr_ratio(cr_doubles a, cr_doubles b) { return a / b; }
CR_INLINE cr_doubles cr_maximum(cr_doubles a, cr_doubles b) {
    return cr_select((cr_bits)(a >= b) | (cr_bits)(a != a), a, b);
}
CR_INLINE cr_doubles cr_minimum(cr_doubles a, cr_doubles b) {
    return cr_select((cr_bits)(a <= b) | (cr_bits)(a != a), a, b);
}
CR_INLINE cr_doubles cr_leaky_relu(cr_doubles x, cr_doubles slope) {
    return cr_select((cr_bits)(x > 0.0), x, slope * x);
}
CR_INLINE cr_doubles cr_elu(cr_doubles x, cr_doubles alpha) {
    return cr_select((cr_bits)(x > 0.0), x, alpha * cr_expm1(x));
}
CR_INLINE cr_doubles cr_less(cr_doubles a, cr_doubles b) {
    return cr_select((cr_bits)(a < b), cr_all(1.0), cr_all(0.0));
}
CR_INLINE cr_doubles cr_less_equal(cr_doubles a, cr_doubles b) {
    return cr_select((cr_bits)(a <= b), cr_all(1.0), cr_all(0.0));
}
CR_INLINE cr_doubles cr_equal(cr_doubles a, cr_doubles b) {
    return cr_select((cr_bits)(a == b), cr_all(1.0), cr_all(0.0));
}

/* x^b for a quick exponent b. */
CR_INLINE cr_doubles cr_pow_quick(cr_doubles x, double b) {
    cr_doubles y = x - (cr_doubles){0};
    if (fabs(b) < 1.0) y = cr_sqrt(x);
    for (int i = 2; i <= (int)fabs(b); i++) y *= x;
    if (fabs(b) > 1.0 && fabs(b) != floor(fabs(b))) y *= cr_sqrt(x);
    cr_bits unsure = (cr_bits){0}; /* of infinite and vanishing intermediates, and of libm's special cases */
    if (b != floor(b)) unsure = ~(cr_bits)(x > 0.0);
    if (b < 0.0) {
        unsure |= ~((cr_bits)(cr_abs(y) >= 0x1p-1022) & (cr_bits)(cr_abs(y) <= 0x1p1022));
        y = 1.0 / y;
    }
    if (__builtin_expect(cr_any(unsure), 0))
        for (size_t i = 0; i < sizeof x / sizeof x[0]; i++)
            if (unsure[i]) y[i] = pow(x[i], b);
    return y;
}

/* --- Functions of one number --- */

/* a^b; the exponents that derivatives have need no pow. */
CR_INLINE double cr_pow(double a, double b) {
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
CR_INLINE double cr_mod(double a, double b) {
    double rest = fmod(a, b);
    return rest == 0.0 ? copysign(0.0, b) : (rest < 0.0) != (b < 0.0) ? rest + b : rest;
}

/* ⌊a / b⌋ from the exact remainder, as Python's // has it; a / b for b = 0. */
CR_INLINE double cr_floordiv(double a, double b) {
    if (b == 0.0) return a / b;
    double rest = fmod(a, b);
    double quotient = (a - rest) / b - (rest != 0.0 && (rest < 0.0) != (b < 0.0) ? 1.0 : 0.0);
    if (quotient == 0.0) return copysign(0.0, a / b);
    double whole = floor(quotient);
    return quotient - whole > 0.5 ? whole + 1.0 : whole;
}

/* Is x^b a few multiplications, a square root and a division at most? */
CR_INLINE int cr_is_quick(double b) { return b != 0.0 && fabs(b) <= 4.0 && floor(2.0 * b) == 2.0 * b; }

/* The number of the choice that an index means: whole numbers from 0, or from -1 downwards for the last; -1 if none. */
CR_INLINE int64_t cr_choice(double index, int64_t n) {
    double whole = floor(index);
    if (whole < 0.0) whole += (double)n;
    return whole >= 0.0 && whole < (double)n ? (int64_t)whole : -1;
}

#endif
