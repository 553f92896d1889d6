/* What words.py declares; python -m autograd.compiler.kernel.declare writes this file. */

#define WORDS 0xbe1c8252u

enum {
    U_SUM, U_ROWS, U_CALL1, U_CALL2, U_SELECT, U_TAKE, V_SUM, V_ROWS, V_GRID, R_SUM, R_ROWS, R_GRID, V_CALL1,
    V_CALL2, V_SELECT, V_TAKE, V_LOAD, V_STORE, OPS,
};
enum {
    EXP, EXPM1, LOG, LOG1P, LOG2, LOG10, SQRT, CBRT, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, TANH, SECH,
    ASINH, ACOSH, ATANH, SIGMOID, SOFTPLUS, RELU, SILU, GELU, ERF, ERFC, SIGN, FLOOR, CEIL, TRUNC, ROUND, ABS,
    FUNCTIONS1,
};
enum {
    RATIO, POW, MOD, FLOORDIV, MAXIMUM, MINIMUM, HYPOT, ATAN2, LEAKY_RELU, ELU, LESS, LESS_EQUAL, EQUAL,
    FUNCTIONS2,
};
/* How many words come before the first record. */
enum {
    U_SUM_HEADER = 5, U_ROWS_HEADER = 6, U_CALL1_HEADER = 3, U_CALL2_HEADER = 3, U_SELECT_HEADER = 2,
    U_TAKE_HEADER = 4, V_SUM_HEADER = 8, V_ROWS_HEADER = 9, V_GRID_HEADER = 6, R_SUM_HEADER = 7, R_ROWS_HEADER = 8,
    R_GRID_HEADER = 5, V_CALL1_HEADER = 3, V_CALL2_HEADER = 4, V_SELECT_HEADER = 3, V_TAKE_HEADER = 5,
    V_LOAD_HEADER = 2, V_STORE_HEADER = 2,
};
static const Form forms[OPS] = {
    [U_SUM] = {"unnn", 1, {
      {1, 2, 0, {{"u", 0, {0}}, {"u", 1, {0}}}},
      {2, 2, 0, {{"u", 0, {0}}, {"u", 1, {0}}}},
      {3, 1, 0, {{"u", 0, {0}}}}}},
    [U_ROWS] = {"uinnn", 1, {
      {2, 7, 6, {{"u", 0, {1, 2, 0}}, {"u", 3, {4, 5, 0}}}},
      {3, 7, 6, {{"u", 0, {1, 2, 0}}, {"u", 3, {4, 5, 0}}}},
      {4, 2, 0, {{"u", 0, {1, 0, 0}}}}}},
    [U_CALL1] = {"1n", 1, {
      {1, 2, 0, {{"u", 0, {0}}, {"u", 1, {0}}}}}},
    [U_CALL2] = {"2n", 1, {
      {1, 3, 0, {{"u", 0, {0}}, {"u", 1, {0}}, {"u", 2, {0}}}}}},
    [U_SELECT] = {"n", 1, {
      {0, 4, 0, {{"u", 0, {0}}, {"u", 1, {0}}, {"u", 2, {0}}, {"u", 3, {0}}}}}},
    [U_TAKE] = {"uun", 1, {
      {2, 1, 0, {{"u", 0, {0}}}}}},
    [V_SUM] = {"vnnnnnn", 1, {
      {1, 2, 0, {{"v", 0, {0}}, {"v", 1, {0}}}},
      {2, 2, 0, {{"v", 0, {0}}, {"v", 1, {0}}}},
      {3, 2, 0, {{"v", 0, {0}}, {"u", 1, {0}}}},
      {4, 2, 0, {{"v", 0, {0}}, {"u", 1, {0}}}},
      {5, 1, 0, {{"v", 0, {0}}}},
      {6, 1, 0, {{"u", 0, {0}}}}}},
    [V_ROWS] = {"vinnnnnn", 1, {
      {2, 4, 0, {{"v", 0, {2, 0, 0}}, {"v", 1, {3, 0, 0}}}},
      {3, 4, 0, {{"v", 0, {2, 0, 0}}, {"v", 1, {3, 0, 0}}}},
      {4, 4, 0, {{"v", 0, {2, 0, 0}}, {"u", 1, {3, 0, 0}}}},
      {5, 4, 0, {{"v", 0, {2, 0, 0}}, {"u", 1, {3, 0, 0}}}},
      {6, 2, 0, {{"v", 0, {1, 0, 0}}}},
      {7, 2, 0, {{"u", 0, {1, 0, 0}}}}}},
    [V_GRID] = {"vijnn", 1, {
      {3, 4, 0, {{"v", 0, {2, 0, 0}}, {"u", 1, {0, 3, 0}}}},
      {4, 3, 0, {{"v", 0, {1, 2, 0}}}}}},
    [R_SUM] = {"rnnnnn", 1, {
      {1, 2, 0, {{"v", 0, {0}}, {"v", 1, {0}}}},
      {2, 2, 0, {{"v", 0, {0}}, {"v", 1, {0}}}},
      {3, 2, 0, {{"v", 0, {0}}, {"u", 1, {0}}}},
      {4, 2, 0, {{"v", 0, {0}}, {"u", 1, {0}}}},
      {5, 1, 0, {{"v", 0, {0}}}}}},
    [R_ROWS] = {"rinnnnn", 1, {
      {2, 4, 0, {{"v", 0, {2, 0, 0}}, {"v", 1, {3, 0, 0}}}},
      {3, 4, 0, {{"v", 0, {2, 0, 0}}, {"v", 1, {3, 0, 0}}}},
      {4, 4, 0, {{"v", 0, {2, 0, 0}}, {"u", 1, {3, 0, 0}}}},
      {5, 4, 0, {{"v", 0, {2, 0, 0}}, {"u", 1, {3, 0, 0}}}},
      {6, 2, 0, {{"v", 0, {1, 0, 0}}}}}},
    [R_GRID] = {"rijn", 1, {
      {3, 4, 0, {{"v", 0, {2, 0, 0}}, {"v", 1, {0, 3, 0}}}}}},
    [V_CALL1] = {"1n", 1, {
      {1, 2, 0, {{"v", 0, {0}}, {"v", 1, {0}}}}}},
    [V_CALL2] = {"2kn", 3, {
      {2, 3, 0, {{"vvv", 0, {0}}, {"vvu", 1, {0}}, {"vuv", 2, {0}}}}}},
    [V_SELECT] = {"kn", 8, {
      {1, 4, 0, {{"vvvvvvvv", 0, {0}}, {"vuvuvuvu", 1, {0}}, {"vvuuvvuu", 2, {0}}, {"vvvvuuuu", 3, {0}}}}}},
    [V_TAKE] = {"vvkn", 2, {
      {3, 1, 0, {{"uv", 0, {0}}}}}},
    [V_LOAD] = {"n", 1, {
      {0, 3, 0, {{"v", 0, {0}}, {"u", 1, {0, 0, 2}}}}}},
    [V_STORE] = {"n", 1, {
      {0, 3, 0, {{"v", 0, {0}}, {"u", 1, {0, 0, 2}}}}}},
};
