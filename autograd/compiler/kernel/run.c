/* run.c: runs a checked program: sections in order, blocks of samples on several threads. */

#include "interpreter.h"

#include <time.h>

#ifndef _WIN32
#include <pthread.h>
#include <sched.h>
#endif

#define FOR_BOTH(unit) extern const Varying varying_##unit##_double, varying_##unit##_float;
FOR_BOTH(v1)
extern const Uniform uniform_v1_double, uniform_v1_float;
#if KERNEL_X86
FOR_BOTH(v3)
FOR_BOTH(v4)
extern const Uniform uniform_v3_double, uniform_v3_float;
#endif

typedef struct {
    const Uniform *uniform;
    const Varying *varying;
} Interpreter;

#define INTERPRETER(u, v, real) {&uniform_##u##_##real, &varying_##v##_##real}
#if KERNEL_X86
const char *const kernel_instruction_sets[] = {"x86-64-v4", "x86-64-v3", "baseline", NULL};
static const Interpreter interpreters[][2] = {
    {INTERPRETER(v3, v4, double), INTERPRETER(v3, v4, float)},
    {INTERPRETER(v3, v3, double), INTERPRETER(v3, v3, float)},
    {INTERPRETER(v1, v1, double), INTERPRETER(v1, v1, float)},
};
#else
const char *const kernel_instruction_sets[] = {"baseline", NULL};
static const Interpreter interpreters[][2] = {{INTERPRETER(v1, v1, double), INTERPRETER(v1, v1, float)}};
#endif

int kernel_supports(int set) {
#if KERNEL_X86
    __builtin_cpu_init();
    int v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
             __builtin_cpu_supports("bmi2");
    if (set == 0)
        return v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    if (set == 1) return v3;
    return set == 2;
#else
    return set == 0;
#endif
}

/* --- Scratch memory: for the copies; for every thread its accumulators and its V. --- */

static size_t rounded(size_t bytes) { return (bytes + VECTOR_BYTES - 1) / VECTOR_BYTES * VECTOR_BYTES; }

static size_t copies_bytes(const Program *p) { return rounded((size_t)p->n_copies * (p->single ? 4 : 8)); }

/* Bytes of one thread's A (the first *accumulators bytes) and V, large enough for any section. */
static size_t thread_bytes(const Program *p, size_t *accumulators) {
    size_t a = 0, slots = 0;
    for (int32_t i = 0; i < p->n_sections; i++) {
        const Section *s = &p->sections[i];
        if (!s->varying) continue;
        size_t own = (size_t)s->slots * s->width;
        if ((size_t)s->accumulators > a) a = s->accumulators;
        if (own > slots) slots = own;
    }
    *accumulators = rounded(a * sizeof(double));
    return *accumulators + slots * VECTOR_BYTES;
}

int64_t kernel_scratch(const Program *p, int threads) {
    size_t accumulators;
    return (int64_t)(copies_bytes(p) + (size_t)threads * thread_bytes(p, &accumulators));
}

/* --- Running a program --- */

typedef struct {
    const Program *program;
    const Interpreter *interpreter;
    char *M, *copies_buffer, *threads_memory;
    size_t accumulator_bytes, thread_bytes;
    int64_t repeats;
    int threads;
    int apart;               /* no copy reads what another one writes */
    int begun;               /* the threads wait for it */
    int arrived, generation; /* of the barrier */
    int64_t work;            /* that thread 0 has done since it last looked at the clock */
    double since;            /* the seconds when kernel_pause was last called; 0: it never was */
    int stopped;             /* nobody needs the results any more */
    int leaves;              /* what that was when all threads met: they leave at the same place */
} Run;

typedef struct {
    Run *run;
    int number;
} Worker;

/* Threads mostly arrive together, so waiting is mostly spinning. */
static void wait_while(const int *variable, int value) {
    for (int spins = 0; __atomic_load_n(variable, __ATOMIC_ACQUIRE) == value; spins++) {
#ifndef _WIN32
        if (spins > 2000) sched_yield();
#endif
    }
}

static int is_stopped(const Run *run) { return __atomic_load_n(&run->stopped, __ATOMIC_RELAXED); }

/* Waits until every thread of the run is here.  Is the run to end? */
static int meet(Run *run) {
    if (run->threads == 1) return run->stopped;
    int generation = __atomic_load_n(&run->generation, __ATOMIC_ACQUIRE);
    if (__atomic_add_fetch(&run->arrived, 1, __ATOMIC_ACQ_REL) == run->threads) {
        run->leaves = is_stopped(run);
        __atomic_store_n(&run->arrived, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&run->generation, generation + 1, __ATOMIC_RELEASE);
    } else {
        wait_while(&run->generation, generation);
    }
    return run->leaves;
}

#define PAUSES 0.05 /* seconds between two of them */

/* Thread 0 has done so much work.  The clock is looked at seldom, so a short run doesn't notice. */
static void spend(Run *run, int64_t work) {
    run->work += work;
    if (run->work < SOON_DONE) return;
    run->work = 0;
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    double now = (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
    if (run->since != 0.0 && now - run->since < PAUSES) return;
    if (run->since != 0.0 && kernel_pause()) __atomic_store_n(&run->stopped, 1, __ATOMIC_RELAXED);
    run->since = now;
}

/* Its blocks from first to before last, as many at a time as are soon done; of a long section it is one block, whose
   pieces come one after the other. */
static void run_blocks(Run *run, const Section *s, const Piece *piece, char *V, double *A, int64_t first, int64_t last,
                       int is_first) {
    int64_t work = piece->work * s->width * (VECTOR_BYTES / (run->program->single ? 4 : 8)) + 1;
    int64_t step = piece->end < s->end || work >= SOON_DONE ? 1 : SOON_DONE / work + 1;
    for (int64_t block = first; block < last && !is_stopped(run); block += step) {
        int64_t end = block + step < last ? block + step : last;
        Section part = *s;
        for (const Piece *each = piece;; each++) {
            part.end = each->end;
            run->interpreter->varying->blocks(run->program->code, &part, run->M, V, A, block, end);
            if (is_first) spend(run, work * (end - block));
            if (each->end >= s->end || is_stopped(run)) break;
            part.begin = each->end;
        }
    }
}

static int run_varying(Run *run, const Section *s, const Piece *piece, int thread) {
    const Program *p = run->program;
    char *own = run->threads_memory + (size_t)thread * run->thread_bytes;
    double *A = (double *)own;
    char *V = own + run->accumulator_bytes;
    int64_t block = (int64_t)s->width * (VECTOR_BYTES / (p->single ? 4 : 8)), blocks = (s->samples + block - 1) / block;
    memset(A, 0, run->accumulator_bytes);
    run_blocks(run, s, piece, V, A, blocks * thread / run->threads, blocks * (thread + 1) / run->threads, thread == 0);
    if (meet(run)) return 1;
    if (thread == 0)
        run->interpreter->varying->add_up(s, p->code + s->targets, run->M, A, run->thread_bytes, run->threads);
    return meet(run);
}

static void run_uniform(Run *run, const Section *s, const Piece *piece) {
    const int32_t *code = run->program->code;
    for (int32_t begin = s->begin; begin < s->end && !run->stopped; begin = piece++->end) {
        run->interpreter->uniform->run(code + begin, code + piece->end, run->M, run->interpreter->varying->tiles);
        spend(run, piece->work + 1);
    }
}

static void *work(void *argument) {
    const Worker *worker = argument;
    Run *run = worker->run;
    const Program *p = run->program;
    wait_while(&run->begun, 0);
    for (int64_t repeat = 0; repeat < run->repeats; repeat++) {
        const Piece *piece = p->pieces;
        for (int32_t i = 0; i < p->n_sections; i++) {
            const Section *s = &p->sections[i];
            if (s->varying) {
                if (run_varying(run, s, piece, worker->number)) return NULL;
            } else {
                if (worker->number == 0) run_uniform(run, s, piece);
                if (meet(run)) return NULL;
            }
            while (piece++->end < s->end) {}
        }
        if (worker->number == 0) {
            if (p->n_copies)
                run->interpreter->uniform->copy(p->copies, p->n_copies, run->M, run->apart ? NULL : run->copies_buffer);
            spend(run, run->threads > 1 ? SOON_DONE / 10 : p->n_copies + 1); /* to meet takes long, too */
        }
        if (meet(run)) return NULL;
    }
    return NULL;
}

#define MOST_THREADS 256

/* Are all destinations before all sources, or behind them? */
static int are_apart(const int32_t *copies, int64_t n) {
    int32_t low[2] = {INT32_MAX, INT32_MAX}, high[2] = {-1, -1};
    for (int64_t i = 0; i < 2 * n; i++) {
        if (copies[i] < low[i % 2]) low[i % 2] = copies[i];
        if (copies[i] > high[i % 2]) high[i % 2] = copies[i];
    }
    return high[0] < low[1] || high[1] < low[0];
}

int kernel_run(const Program *p, void *M, void *scratch, int64_t repeats, int threads, int set) {
    if (set < 0 || !kernel_supports(set)) return -1;
    threads = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
#ifdef _WIN32
    threads = 1;
#endif
    Run run = {.program = p, .interpreter = &interpreters[set][p->single], .M = M, .copies_buffer = scratch,
               .repeats = repeats, .apart = are_apart(p->copies, p->n_copies)};
    run.thread_bytes = thread_bytes(p, &run.accumulator_bytes);
    run.threads_memory = run.copies_buffer + copies_bytes(p);
    int started = 1; /* this thread is number 0 */
#ifndef _WIN32
    Worker workers[MOST_THREADS];
    pthread_t ids[MOST_THREADS];
    for (; started < threads; started++) {
        workers[started] = (Worker){&run, started};
        if (pthread_create(&ids[started], NULL, work, &workers[started])) break;
    }
#endif
    run.threads = started;
    __atomic_store_n(&run.begun, 1, __ATOMIC_RELEASE);
    work(&(Worker){&run, 0});
#ifndef _WIN32
    for (int i = 1; i < started; i++) pthread_join(ids[i], NULL);
#endif
    return run.stopped;
}
