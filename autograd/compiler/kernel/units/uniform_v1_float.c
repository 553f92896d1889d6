/* The uniform interpreter of floats for any machine. */

#define TARGET 1
#define BYTES 16
#define REAL float
#define UNIT uniform_v1_float
#include "../uniform.h"
