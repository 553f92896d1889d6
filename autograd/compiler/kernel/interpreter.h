/* interpreter.h: what the kernel's files share.

   words.py says what the words mean.  check.c reads every word once, before a program first runs: whatever it lets pass
   can neither reach outside its memory nor run for ever.  The interpreters themselves then check nothing.  uniform.h
   runs a uniform section, varying.h (with sums.h and tiles.h) a varying one.  They call functions.h.  A file of units/ compiles
   one of them for some instruction set and real type; run.c picks among these when it is called.

   A vector is 64 bytes, 8 doubles or 16 floats; a block of samples is 1, 2, 4 or 8 vectors, and so is a slot of V.  A
   *section* is a piece of the program.  A uniform one runs once, on M.  A varying one runs once for every block; blocks
   may go to several threads.  Accumulators are doubles, so that of many blocks nothing is lost. */

#ifndef INTERPRETER_H
#define INTERPRETER_H

#ifndef __GNUC__
#error "the kernel is written with the vector extensions of GCC and Clang"
#endif

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernel.h"

#if defined(__x86_64__) && !defined(KERNEL_BASELINE_ONLY)
#define KERNEL_X86 1
#else
#define KERNEL_X86 0
#endif

#define INLINE static inline __attribute__((always_inline, unused))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif
#define VECTOR_BYTES 64

/* The form of an instruction: see words.py. */
typedef struct {
    const char *kinds;   /* of the place: u, v or r, a letter for each kind that the instruction has */
    int8_t at, steps[3]; /* where in the record the place is, and its steps along i, j and the samples (0: none) */
} Place;

typedef struct {
    int8_t count;    /* which word of the header says how many records there are */
    int8_t size, j;  /* of a record; where in it the number of terms is (0: it is one term) */
    Place places[4]; /* those that are there have kinds */
} Group;

typedef struct {
    /* A letter for each word: u, v, r a place; 1, 2 a function; k the kinds; i, j rows; n a count. */
    const char *header;
    int8_t kinds;
    Group groups[6];
} Form;

#include "words.h"

/* Numbers from here on are faster forms, which kernel_shorten puts in the place of sums with few kinds of terms:
   SHORT_SUM(plus, minus, single) is a U_SUM with these counts, the others have none but the counts that they are named
   after. */
enum { V_SUM_VU = OPS, V_SUM_VV, R_SUM_VV, U_SHORT_SUM };
#define MOST_PLUS 7
#define MOST_MINUS 1
#define MOST_SINGLE 2
#define SHORT_SUM(plus, minus, single)                                                                                 \
    (U_SHORT_SUM + ((plus) * (MOST_MINUS + 1) + (minus)) * (MOST_SINGLE + 1) + (single))
#define ALL_OPS SHORT_SUM(MOST_PLUS + 1, 0, 0)

/* Python's (see library.py): lets it see signals.  A result other than 0 says that one of them raised an exception. */
extern int kernel_pause(void);

/* So much work is soon done, in some milliseconds at most; it counts multiplications. */
#define SOON_DONE 1000000
/* As much as this many multiplications is a call of a function. */
#define CALL 16

/* Runs a U_ROWS; the result is the next instruction. */
typedef const int32_t *Tiles(const int32_t *code, void *M);

typedef struct {
    void (*run)(const int32_t *code, const int32_t *end, void *M, Tiles *tiles);
    void (*copy)(const int32_t *copies, int64_t n, void *M, void *buffer);
} Uniform;

typedef struct {
    Tiles *tiles;
    void (*blocks)(const int32_t *code, const Section *s, void *M, void *V, double *A, int64_t first, int64_t last);
    void (*add_up)(const Section *s, const int32_t *targets, void *M, double *A, size_t apart, int threads);
} Varying;

#endif
