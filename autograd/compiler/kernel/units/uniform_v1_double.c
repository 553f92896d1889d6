/* The uniform interpreter of doubles for any machine. */

#define TARGET 1
#define BYTES 16
#define REAL double
#define UNIT uniform_v1_double
#include "../uniform.h"
