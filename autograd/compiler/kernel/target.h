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

/* A product that is rounded before it is added to something: not one half of a fused multiply-add.  The empty
   instruction has it as its operand, so the compiler has to have it in a register; it costs nothing else. */
#if defined(__x86_64__) || defined(__i386__)
#define IN_REGISTER "+x"
#elif defined(__aarch64__)
#define IN_REGISTER "+w"
#else
#define IN_REGISTER "+m"
#endif
#define ROUNDED(product)                                                                                               \
    ({                                                                                                                 \
        __typeof__(product) product_ = (product);                                                                      \
        __asm__("" : IN_REGISTER(product_));                                                                           \
        product_;                                                                                                      \
    })

/* A sum of so many terms at most is exact, which is to say Python's to the last bit: each product is rounded, and the
   terms are added one after the other in the order of their records.  passes/flatten.py has the same number. */
#define SHORT_TERMS 4

#include "functions.h"

/* libm's functions, where there is none for vectors. */
static double (*const libm1[FUNCTIONS1])(double) = {
    [CBRT] = cbrt, [TAN] = tan,   [ASIN] = asin,   [ACOS] = acos,   [ATAN] = atan,
    [SINH] = sinh, [COSH] = cosh, [ASINH] = asinh, [ACOSH] = acosh, [ATANH] = atanh};
static double (*const libm2[FUNCTIONS2])(double, double) = {
    [POW] = cr_pow, [MOD] = cr_mod, [FLOORDIV] = cr_floordiv, [HYPOT] = hypot, [ATAN2] = atan2};
