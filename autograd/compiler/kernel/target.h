/* target.h: the instruction set of a unit, which says before it: TARGET (1: any machine, 3: AVX2 and FMA, 4: AVX-512),
   BYTES (of a register) and REAL (double or float).  The unit ends with END_OF_TARGET. */

#include "interpreter.h"

#if TARGET == 4
#define TARGET_NAMES "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,bmi,bmi2"
#elif TARGET == 3
#define TARGET_NAMES "avx2,fma,bmi,bmi2"
#endif

#pragma GCC diagnostic ignored "-Wpsabi" /* vectors only ever pass between functions that are inlined */

#if TARGET == 1
#define END_OF_TARGET
#elif defined(__clang__)
#define TARGET_PRAGMA_(text) _Pragma(#text)
#define TARGET_PRAGMA(names) TARGET_PRAGMA_(clang attribute push(__attribute__((target(names))), apply_to = function))
TARGET_PRAGMA(TARGET_NAMES)
#define END_OF_TARGET _Pragma("clang attribute pop")
#else
#define TARGET_PRAGMA_(text) _Pragma(#text)
#define TARGET_PRAGMA(names) TARGET_PRAGMA_(GCC target(names))
TARGET_PRAGMA(TARGET_NAMES)
#define END_OF_TARGET
#endif

typedef REAL real;

#include "functions.h"

/* libm's functions, where there is none for vectors. */
static double (*const libm1[FUNCTIONS1])(double) = {
    [CBRT] = cbrt, [TAN] = tan,   [ASIN] = asin,   [ACOS] = acos,   [ATAN] = atan,
    [SINH] = sinh, [COSH] = cosh, [ASINH] = asinh, [ACOSH] = acosh, [ATANH] = atanh};
static double (*const libm2[FUNCTIONS2])(double, double) = {
    [POW] = cr_pow, [MOD] = cr_mod, [FLOORDIV] = cr_floordiv, [HYPOT] = hypot, [ATAN2] = atan2};
