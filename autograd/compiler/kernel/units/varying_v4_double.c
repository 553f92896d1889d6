/* The varying interpreter of doubles for x86-64-v4. */

#if defined(__x86_64__) && !defined(KERNEL_BASELINE_ONLY)
#define TARGET 4
#define BYTES 64
#define REAL double
#define UNIT varying_v4_double
#include "../varying.h"
#endif
