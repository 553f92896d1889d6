/* The varying interpreter of floats for x86-64-v3. */

#if defined(__x86_64__) && !defined(KERNEL_BASELINE_ONLY)
#define TARGET 3
#define BYTES 32
#define REAL float
#define UNIT varying_v3_float
#include "../varying.h"
#endif
