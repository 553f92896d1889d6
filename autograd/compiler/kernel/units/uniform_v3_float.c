/* The uniform interpreter of floats for x86-64-v3. */

#if defined(__x86_64__) && !defined(KERNEL_BASELINE_ONLY)
#define TARGET 3
#define BYTES 16
#define REAL float
#define UNIT uniform_v3_float
#include "../uniform.h"
#endif
