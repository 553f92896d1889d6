/* check.c: is it safe to run?  Every word is read once, as the instruction's form says. */

#include "interpreter.h"

const uint32_t kernel_words = WORDS;

enum { FINE, BAD_SECTION, BAD_WIDTH, BAD_OP, BAD_PLACE, BAD_FUNCTION, BAD_KIND, BAD_COUNT, BAD_INDEX,
       TOO_LARGE };

const char *const kernel_reasons[] = {
    "fine",
    "a section's words, samples, slots or accumulators are out of range",
    "a block's width is 1, 2, 4 or 8 vectors",
    "there is no such instruction",
    "a uniform instruction in a varying section, or the other way round",
    "there is no such function",
    "there is no such kind of operands",
    "a count is negative, or there are fewer words than it says",
    "an index is out of range",
    "the program needs more memory than any machine has",
    NULL};

typedef struct {
    const int32_t *code;
    int64_t at, end;              /* the next word; the section's end */
    int64_t memory;
    const Section *section;
    int reason;
    int64_t work; /* of what has been read */
} Reader;

static int fail(Reader *r, int reason) {
    if (!r->reason) r->reason = reason;
    return 0;
}

/* Are there n more words? */
static int there_are(Reader *r, int64_t n) { return n <= r->end - r->at ? 1 : fail(r, BAD_COUNT); }

/* The next word if it is from 0 to below limit, else -1 and the reason is noted. */
static int64_t below(Reader *r, int64_t limit, int reason) {
    if (r->reason || !there_are(r, 1)) return -1;
    int64_t word = r->code[r->at];
    if (word < 0 || word >= limit) {
        fail(r, reason);
        return -1;
    }
    r->at++;
    return word;
}

static int64_t count(Reader *r) { return below(r, INT32_MAX, BAD_COUNT); }

/* How many places there are of a kind. */
static int64_t limit_of(const Reader *r, char kind) {
    return kind == 'u' ? r->memory : kind == 'v' ? r->section->slots : r->section->accumulators;
}

/* Are first + i·stride + j·stride2 from 0 to below the limit, for all i < k and j < n? */
static int within(int64_t first, int64_t stride, int64_t k, int64_t stride2, int64_t n, int64_t limit) {
    if (k < 1 || n < 1) return 1;
    int64_t most = (int64_t)1 << 31;
    if (k > most || n > most || stride < -most || stride > most || stride2 < -most || stride2 > most) return 0;
    __int128 rows = (__int128)stride * (k - 1), terms = (__int128)stride2 * (n - 1);
    __int128 low = first + (rows < 0 ? rows : 0) + (terms < 0 ? terms : 0);
    __int128 high = first + (rows > 0 ? rows : 0) + (terms > 0 ? terms : 0);
    return low >= 0 && high < limit;
}

/* A record, for i and j of that many rows. */
static void check_record(Reader *r, const Group *group, int kinds, int64_t i, int64_t j) {
    const int32_t *words = r->code + r->at;
    if (group->j) {
        j = words[group->j];
        if (j < 0 || i * j > INT32_MAX) {
            fail(r, BAD_COUNT);
            return;
        }
    }
    for (const Place *place = group->places; place < group->places + 4 && place->kinds; place++) {
        int64_t steps[3];
        for (int loop = 0; loop < 3; loop++) steps[loop] = place->steps[loop] ? words[place->steps[loop]] : 0;
        int64_t first = words[place->at], limit = limit_of(r, place->kinds[kinds]);
        int64_t samples = r->section->samples > 1 ? r->section->samples : 1;
        int sound = place->steps[2] ? within(first, steps[2], samples, 0, 1, limit)
                                    : within(first, steps[0], i, steps[1], j, limit);
        if (!sound) {
            r->at += place->at;
            fail(r, BAD_INDEX);
            return;
        }
    }
    r->at += group->size;
    r->work += i * j;
}

/* The faster form of a sum, or its own number if there is none; its words are the result's place and the counts. */
static int faster(int op, const int32_t *words) {
    const int32_t *n = words + 1;
    if (op == U_SUM && n[0] >= 0 && n[0] <= MOST_PLUS && n[1] >= 0 && n[1] <= MOST_MINUS &&
        n[2] >= 0 && n[2] <= MOST_SINGLE)
        return SHORT_SUM(n[0], n[1], n[2]);
    if (op == V_SUM && n[0] == 0 && n[1] == 0 && n[3] == 0 && n[4] == 0 && n[5] == 0) return V_SUM_VU;
    if (op == V_SUM && n[1] == 0 && n[2] == 0 && n[3] == 0 && n[4] == 0 && n[5] == 0) return V_SUM_VV;
    if (op == R_SUM && n[1] == 0 && n[2] == 0 && n[3] == 0 && n[4] == 0) return R_SUM_VV;
    return op;
}

static void check_instruction(Reader *r) {
    int64_t op = below(r, ALL_OPS, BAD_OP);
    if (op < 0) return;
    if ((op > U_TAKE && op < U_SHORT_SUM) != r->section->varying) {
        r->at--;
        fail(r, BAD_PLACE);
        return;
    }
    if (op >= OPS) { /* a faster form, which must be what it says */
        int general = op >= U_SHORT_SUM ? U_SUM : op == R_SUM_VV ? R_SUM : V_SUM;
        if (!there_are(r, general == U_SUM ? 4 : general == V_SUM ? 7 : 6)) return;
        if (faster(general, r->code + r->at) != op) {
            fail(r, BAD_COUNT);
            return;
        }
        op = general;
    }
    const Form *form = &forms[op];
    int64_t header[10] = {0}, at = r->at, i = 1, j = 1, kinds = 0;
    int64_t work = r->work;
    int has_rows = 0;
    for (int word = 0; form->header[word] && !r->reason; word++)
        switch (form->header[word]) {
        case '1': below(r, FUNCTIONS1, BAD_FUNCTION); break;
        case '2': below(r, FUNCTIONS2, BAD_FUNCTION); break;
        case 'k': kinds = below(r, form->kinds, BAD_KIND); break;
        case 'i': i = count(r), has_rows = 1; break;
        case 'j': j = count(r); break;
        case 'n': header[word] = count(r); break;
        default: header[word] = below(r, limit_of(r, form->header[word]), BAD_INDEX);
        }
    if (!r->reason && i * j > INT32_MAX) fail(r, BAD_COUNT);
    if (!r->reason && has_rows && !within(header[0], 1, i * j, 0, 1, limit_of(r, form->header[0]))) {
        r->at = at;
        fail(r, BAD_INDEX);
    }
    for (const Group *group = form->groups; group < form->groups + 6 && group->size; group++)
        for (int64_t n = header[group->count]; n > 0 && !r->reason && there_are(r, group->size); n--)
            check_record(r, group, (int)kinds, i, j);
    if (form->header[0] == '1' || form->header[0] == '2') r->work += (r->work - work) * (CALL - 1);
}

int kernel_check(const Program *p, int64_t *position) {
    *position = 0;
    if (p->memory < 0 || p->memory > INT32_MAX || p->words < 0 || p->words > INT32_MAX) return TOO_LARGE;
    double bytes = 0.0;
    for (int32_t i = 0; i < p->n_sections; i++) {
        const Section *s = &p->sections[i];
        *position = i;
        if (s->varying < 0 || s->varying > 1 || s->begin < 0 || s->end < s->begin || s->end > p->words)
            return BAD_SECTION;
        if (s->varying) {
            if (s->width != 1 && s->width != 2 && s->width != 4 && s->width != 8) return BAD_WIDTH;
            if (s->samples < 0 || s->slots < 0 || s->accumulators < 0 || s->targets < 0 ||
                s->targets > p->words || s->accumulators > p->words - s->targets)
                return BAD_SECTION;
            bytes += ((double)s->slots * s->width + s->accumulators) * 64.0;
            if (bytes > 1e14) return TOO_LARGE;
            for (int32_t a = 0; a < s->accumulators; a++) {
                int32_t target = p->code[s->targets + a];
                if (target < 0 || target >= p->memory) {
                    *position = s->targets + a;
                    return BAD_INDEX;
                }
            }
        }
        Reader r = {p->code, s->begin, s->end, p->memory, s, FINE, 0};
        while (r.at < r.end && !r.reason) check_instruction(&r);
        if (r.reason) {
            *position = r.at;
            return r.reason;
        }
    }
    for (int32_t i = 0; i < 2 * p->n_copies; i++)
        if (p->copies[i] < 0 || p->copies[i] >= p->memory) {
            *position = i;
            return BAD_INDEX;
        }
    return FINE;
}

void kernel_shorten(const Program *p, int32_t *code) {
    for (int32_t i = 0; i < p->n_sections; i++) {
        const Section *s = &p->sections[i];
        if (s->begin < 0 || s->end < s->begin || s->end > p->words) continue;
        Reader r = {p->code, s->begin, s->end, p->memory, s, FINE, 0};
        while (r.at < r.end) {
            int32_t *words = code + r.at;
            check_instruction(&r);
            if (r.reason) break;
            if (words[0] == U_SUM || words[0] == V_SUM || words[0] == R_SUM) words[0] = faster(words[0], words + 1);
        }
    }
}

int64_t kernel_pieces(const Program *p, Piece *pieces) {
    int64_t n = 0;
    for (int32_t i = 0; i < p->n_sections; i++) {
        const Section *s = &p->sections[i];
        int64_t lanes = s->varying ? s->width * (int64_t)(VECTOR_BYTES / (p->single ? 4 : 8)) : 1;
        Reader r = {p->code, s->begin, s->end, p->memory, s, FINE, 0};
        do {
            while (r.at < r.end && r.work * lanes < SOON_DONE) check_instruction(&r);
            if (pieces) pieces[n] = (Piece){(int32_t)r.at, r.work};
            r.work = 0;
            n++;
        } while (r.at < r.end);
    }
    return n;
}
