/* The varying interpreter of doubles for any machine. */

#define TARGET 1
#define BYTES 16
#define REAL double
#define UNIT varying_v1_double
#include "../varying.h"
