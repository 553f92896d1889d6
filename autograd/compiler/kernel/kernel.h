/* What Python sees of the kernel.  cffi reads this file as it is. */

typedef struct {
    int32_t varying;      /* 0: runs once, on M; 1: runs for every block of samples */
    int32_t begin, end;   /* its words */
    int32_t width;        /* vectors a block: 1, 2, 4 or 8 */
    int32_t samples;      /* the size of its batch */
    int32_t slots;        /* of V */
    int32_t accumulators; /* of A */
    int32_t targets;      /* where in the words the accumulators' indices of M are */
} Section;

/* Words of a section, one piece after the other; between two of them a run can be interrupted. */
typedef struct {
    int32_t end;  /* the first piece begins where its section does, each other one at the end of the one before */
    int64_t work; /* about how many multiplications it is, for one sample */
} Piece;

typedef struct {
    const int32_t *code;
    int64_t words;
    const Section *sections;
    int32_t n_sections;
    int32_t single;        /* 0: double, 1: float */
    int64_t memory;        /* numbers in M */
    const int32_t *copies; /* pairs (destination, source) of M, copied as if at once after every run */
    int32_t n_copies;
    const Piece *pieces; /* of all sections in order; each has at least one */
} Program;

extern const uint32_t kernel_words;                /* the checksum of the declarations that it was compiled from */
extern const char *const kernel_reasons[];         /* texts, by the result of kernel_check */
extern const char *const kernel_instruction_sets[]; /* names, best first; the last is there on every machine */

/* Puts faster forms in the place of sums; code is p->code.  The words are to be checked afterwards. */
void kernel_shorten(const Program *p, int32_t *code);

/* 0 if the program is safe to run with a memory of its size; else the number of the reason, and *position is that of
   the word at fault (or, if it is the section itself, the section's number). */
int kernel_check(const Program *p, int64_t *position);

/* Writes the pieces of a checked program; the result is how many there are.  With NULL it only counts them. */
int64_t kernel_pieces(const Program *p, Piece *pieces);

/* Bytes that kernel_run needs, aligned to 64. */
int64_t kernel_scratch(const Program *p, int threads);

/* Can this machine run that instruction set? */
int kernel_supports(int set);

/* Runs a checked program that many times on M.  The scratch memory is kernel_scratch(p, threads) bytes, aligned to 64;
   of threads that can't be started, the others do the work.  A long run calls kernel_pause every 50 ms, and ends where
   that isn't 0.  The result is 0; -1 for an instruction set that this machine lacks; 1 for a run that has ended so. */
int kernel_run(const Program *p, void *M, void *scratch, int64_t repeats, int threads, int set);
