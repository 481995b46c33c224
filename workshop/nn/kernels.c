/* What NumPy does slowly on a CPU, in one pass each. kernels.py compiles this file on the machine that runs it, if that
   has a compiler, and describes the functions. Every sum runs in one fixed order, whatever the number of threads. */

#include <math.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && !defined(__FMA__)
#error "without AVX and FMA, NumPy's BLAS is the faster one"
#endif
#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
#define UNROLLED _Pragma("GCC unroll 16")

typedef float vector __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

/* Numbers `from` to `to` of a task, for one thread. */
struct share {
    void (*work)(const void *task, long from, long to);
    const void *task;
    long from, to;
};

static void *run(void *argument)
{
    const struct share *share = argument;
    share->work(share->task, share->from, share->to);
    return NULL;
}

/* Divide a task among threads that live as long as it does; each takes a multiple of `unit` numbers. */
static void divide(void (*work)(const void *, long, long), const void *task, long total, long unit, int threads)
{
    struct share shares[64];
    pthread_t started[64];
    if (threads > 64) threads = 64;
    const long size = ((total + threads - 1) / threads + unit - 1) / unit * unit;
    int count = 0;
    for (long from = 0; from < total; from += size)
        shares[count++] = (struct share){work, task, from, from + size < total ? from + size : total};
    int others = 1;
    while (others < count && !pthread_create(&started[others], NULL, run, &shares[others])) others++;
    for (int own = others; own < count; own++) run(&shares[own]); /* no thread to be had */
    if (count) run(&shares[0]);
    while (--others > 0) pthread_join(started[others], NULL);
}

/* out[row, column] = bias[column] + the sum over k of x[row, k] · b[k, column], where row and k are looked up: x[row, k]
   is x[x_rows[row] + x_depth[k]], and the row of out begins at out_rows[row]. Columns are a multiple of 16. */
struct product {
    const float *x, *b, *bias;
    float *out;
    const int32_t *x_rows, *x_depth, *out_rows;
    long depth, columns;
};

/* A tile of out stays in registers while k runs from start to end. */
static inline __attribute__((always_inline)) void tile(const struct product *p, const int rows, const int vectors,
                                                       long row, long column, long start, long end)
{
    const float *x[8];
    vector sums[24];
    UNROLLED for (int r = 0; r < rows; r++) {
        x[r] = p->x + p->x_rows[row + r];
        const float *begin = start ? p->out + p->out_rows[row + r] : p->bias;
        UNROLLED for (int v = 0; v < vectors; v++)
            sums[r * vectors + v] = begin ? *(const vector *)(begin + column + v * LANES) : (vector){0};
    }
    for (long k = start; k < end; k++) {
        const vector *line = (const vector *)(p->b + k * p->columns + column);
        const long offset = p->x_depth[k];
        UNROLLED for (int r = 0; r < rows; r++) {
            const float value = x[r][offset];
            UNROLLED for (int v = 0; v < vectors; v++) sums[r * vectors + v] += value * line[v];
        }
    }
    UNROLLED for (int r = 0; r < rows; r++)
        UNROLLED for (int v = 0; v < vectors; v++)
            *(vector *)(p->out + p->out_rows[row + r] + column + v * LANES) = sums[r * vectors + v];
}

/* All rows of a strip of columns. Each tile is a function of its own, or the compiler runs out of registers. */
#define STRIP(ROWS, VECTORS)                                                                                        \
    static __attribute__((noinline)) void tile_##ROWS##_##VECTORS(const struct product *p, long row, long column,   \
                                                                  long start, long end)                             \
    {                                                                                                               \
        tile(p, ROWS, VECTORS, row, column, start, end);                                                            \
    }                                                                                                               \
    static __attribute__((noinline)) void tile_1_of_##VECTORS(const struct product *p, long row, long column,       \
                                                              long start, long end)                                 \
    {                                                                                                               \
        tile(p, 1, VECTORS, row, column, start, end);                                                               \
    }                                                                                                               \
    static void strip_of_##VECTORS(const struct product *p, long row, long to, long column, long start, long end)   \
    {                                                                                                               \
        for (; row + ROWS <= to; row += ROWS) tile_##ROWS##_##VECTORS(p, row, column, start, end);                  \
        for (; row < to; row++) tile_1_of_##VECTORS(p, row, column, start, end);                                    \
    }

#if LANES == 16
STRIP(6, 4)
STRIP(8, 2)
STRIP(8, 1)
#elif LANES == 8
STRIP(6, 2)
#elif defined(__aarch64__)
STRIP(6, 4)
#else
STRIP(3, 4)
#endif

/* Some rows of out: rows in bands and k in blocks, so that what is read again is still in the cache. */
static void rows_of_product(const void *task, long first, long last)
{
    const struct product *p = task;
    const long block = 8192 / (p->columns < 64 ? p->columns : 64);
    for (long from = first; from < last; from += 480) {
        const long to = from + 480 < last ? from + 480 : last;
        long start = 0;
        do {
            const long end = start + block < p->depth ? start + block : p->depth;
            long column = 0;
#if LANES == 16
            for (; column + 64 <= p->columns; column += 64) strip_of_4(p, from, to, column, start, end);
            for (; column + 32 <= p->columns; column += 32) strip_of_2(p, from, to, column, start, end);
            for (; column < p->columns; column += 16) strip_of_1(p, from, to, column, start, end);
#elif LANES == 8
            for (; column < p->columns; column += 16) strip_of_2(p, from, to, column, start, end);
#else
            for (; column < p->columns; column += 16) strip_of_4(p, from, to, column, start, end);
#endif
            start = end;
        } while (start < p->depth);
    }
}

void product(const float *x, const int32_t *x_rows, const int32_t *x_depth, const float *b, const float *bias,
             float *out, const int32_t *out_rows, long rows, long depth, long columns, int threads)
{
    const struct product p = {x, b, bias, out, x_rows, x_depth, out_rows, depth, columns};
    divide(rows_of_product, &p, rows, 24, threads);
}

struct adam {
    float *parameter, *m, *v;
    const float *gradient;
    float step_size, rest1, rest2, epsilon;
};

static void part_of_adam(const void *task, long from, long to)
{
    const struct adam *a = task;
    float *restrict p = a->parameter, *restrict m = a->m, *restrict v = a->v;
    const float *restrict g = a->gradient;
    const float step_size = a->step_size, rest1 = a->rest1, rest2 = a->rest2, epsilon = a->epsilon;
    for (long i = from; i < to; i++) {
        m[i] += rest1 * (g[i] - m[i]);
        v[i] += rest2 * (g[i] * g[i] - v[i]);
        p[i] -= step_size * m[i] / (sqrtf(v[i]) + epsilon);
    }
}

/* rest1 is 1 - beta1, rest2 is 1 - beta2. */
void adam(const float *gradient, float *parameter, float *m, float *v, float step_size, float rest1, float rest2,
          float epsilon, long size, int threads)
{
    const struct adam a = {parameter, m, v, gradient, step_size, rest1, rest2, epsilon};
    divide(part_of_adam, &a, size, 64, threads);
}

struct rmsprop {
    float *parameter, *n, *g_mean, *delta;
    const float *gradient;
    float learning_rate, decay, momentum, epsilon;
};

static void part_of_rmsprop(const void *task, long from, long to)
{
    const struct rmsprop *r = task;
    float *restrict p = r->parameter, *restrict n = r->n, *restrict mean = r->g_mean, *restrict delta = r->delta;
    const float *restrict g = r->gradient;
    const float rate = r->learning_rate, decay = r->decay, rest = 1 - r->decay;
    const float momentum = r->momentum, epsilon = r->epsilon;
    for (long i = from; i < to; i++) {
        n[i] = decay * n[i] + rest * (g[i] * g[i]);
        mean[i] = decay * mean[i] + rest * g[i];
        delta[i] = momentum * delta[i] - rate * g[i] / sqrtf(n[i] - mean[i] * mean[i] + epsilon);
        p[i] += delta[i];
    }
}

void rmsprop_graves(const float *gradient, float *parameter, float *n, float *g_mean, float *delta,
                    float learning_rate, float decay, float momentum, float epsilon, long size, int threads)
{
    const struct rmsprop r = {parameter, n, g_mean, delta, gradient, learning_rate, decay, momentum, epsilon};
    divide(part_of_rmsprop, &r, size, 64, threads);
}
