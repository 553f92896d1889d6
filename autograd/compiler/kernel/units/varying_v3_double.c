/* The varying interpreter of doubles for x86-64-v3. */

#if defined(__x86_64__) && !defined(KERNEL_BASELINE_ONLY)
#define TARGET 3
#define BYTES 32
#define REAL double
#define UNIT varying_v3_double
#include "../varying.h"
#endif
