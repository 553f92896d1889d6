/* The varying interpreter of floats for any machine. */

#define TARGET 1
#define BYTES 16
#define REAL float
#define UNIT varying_v1_float
#include "../varying.h"
