/* The uniform interpreter of doubles for x86-64-v3. */

#if defined(__x86_64__) && !defined(KERNEL_BASELINE_ONLY)
#define TARGET 3
#define BYTES 16
#define REAL double
#define UNIT uniform_v3_double
#include "../uniform.h"
#endif
