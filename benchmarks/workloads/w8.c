/* The w1-w8 network, trained by gradient descent, as one would write it by hand: the textbook's formulas, in order. */
#include <math.h>

void train(double *w, long steps, double rate)
{
    const double i1 = 0.05, i2 = 0.10, t1 = 0.01, t2 = 0.99;
    double w1 = w[0], w2 = w[1], w3 = w[2], w4 = w[3], w5 = w[4], w6 = w[5], w7 = w[6], w8 = w[7];

    for (long step = 0; step < steps; step++) {
        /* forward */
        const double a_h1 = 1 / (1 + exp(-(w1 * i1 + w2 * i2)));
        const double a_h2 = 1 / (1 + exp(-(w3 * i1 + w4 * i2)));
        const double a_o1 = 1 / (1 + exp(-(w5 * a_h1 + w6 * a_h2)));
        const double a_o2 = 1 / (1 + exp(-(w7 * a_h1 + w8 * a_h2)));

        /* backward */
        const double o1 = (a_o1 - t1) * a_o1 * (1 - a_o1);
        const double o2 = (a_o2 - t2) * a_o2 * (1 - a_o2);
        const double h1 = (o1 * w5 + o2 * w7) * a_h1 * (1 - a_h1);
        const double h2 = (o1 * w6 + o2 * w8) * a_h2 * (1 - a_h2);

        w1 -= rate * h1 * i1;
        w2 -= rate * h1 * i2;
        w3 -= rate * h2 * i1;
        w4 -= rate * h2 * i2;
        w5 -= rate * o1 * a_h1;
        w6 -= rate * o1 * a_h2;
        w7 -= rate * o2 * a_h1;
        w8 -= rate * o2 * a_h2;
    }
    w[0] = w1, w[1] = w2, w[2] = w3, w[3] = w4, w[4] = w5, w[5] = w6, w[6] = w7, w[7] = w8;
}
