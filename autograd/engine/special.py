"""Functions without an elementary definition: lgamma, polygamma, erfinv and others, by fits and series of their own.

Each is written once, as an expression in arithmetic, comparisons and rows of the rule table, so it takes floats and
also the numbers that jit traces, which compiles the same expression. Most of them follow one idea:

- the argument is brought above zero by a reflection, whose sine takes the argument's fraction exactly;
- near the function's zeros and poles these are split off as factors, which are exact: lgamma(x) is (x - 1)(x - 2) times
  a function that is smooth and far from zero;
- that function is one polynomial in t = (x - m) / (x + m), which folds the half-line into an interval, so that the
  singularity at zero and the behaviour at infinity are equally far away;
- for large arguments there is the asymptotic series, whose coefficients are fitted, too.

The polynomials have the smallest largest error for their degree; ``python -m tests.fits_of_special`` prints them. The
error beside each is the largest on its interval after the coefficients were rounded. They are written from the highest
power to the lowest.

On floats nothing here raises: at a pole there is an infinity, or NaN where both sides differ; outside a domain, NaN.
"""

from __future__ import annotations

import functools
import math
from typing import Any, Final

from autograd.engine import rules
from autograd.engine.kinds import choose, is_traced, like, where

_WHOLE: Final = 2.0**52  # from here on every float is a whole number

# fmt: off
# lgamma(x) / ((x - 1)(x - 2)) from 2/3 to 6, t = (x - 2) / (x + 2): error 2^-55.6, beside values from 2^-2.1 to 2^-0.4.
_LGAMMA: Final[tuple[float, ...]] = (
    0.12561162114279054, -0.11686147482585908, -0.11051047895240504, 0.08760831082854426, 0.09664929372123002,
    -0.08008960459381854, -0.008366097871273638, -0.002394517810506544, 0.03019081409854555, -0.029847978134334128,
    0.023658341289563917, -0.02716030174979819, 0.02794855956209426, -0.03154806903378658, 0.03123002574311498,
    -0.036018756462136016, 0.0357046853519282, -0.042156151716018934, 0.04164049981662196, -0.05083382458706096,
    0.049933395059893054, -0.06410725886083497, 0.06232322453279603, -0.08715639051439154, 0.08293806015348978,
    -0.1389774871962172, 0.1261708032410768, -0.4012692066974156, 0.42278433509846713,
)
# x·(lgamma(x) - (x - ½)·log x + x - ½·log 2π) from 6 on, in 1/x²: error 2^-57.6, beside 2^-3.6.
_STIRLING: Final[tuple[float, ...]] = (
    0.07976542629996736, -0.02533561710989475, 0.006303812881882818, -0.0019158928146856364, 0.0008417358026692952,
    -0.0005952380166409981, 0.000793650793443793, -0.002777777777777567, 0.08333333333333333,
)
_HALF_LOG_2_PI: Final = 0.9189385332046728

# ψ(x) / (x - root) from 1 to 6¼, t = (x - 2½) / (x + 2½): error 2^-54.7, beside values from 2^-1.5 to 2^0.4.
_DIGAMMA: Final[tuple[float, ...]] = (
    -2.4261590843347154, 2.190223262237149, 0.9214962718019452, -0.631022468361788, -1.1524193830957248,
    0.9913934764764707, -0.3910608051918247, 0.4418197581129163, -0.5753785268141559, 0.5634136728053027,
    -0.5446211977449364, 0.5447460978166628, -0.5484831967161532, 0.5464990738242425, -0.5484522140264867,
    0.5460189229078433, -0.5489346086008163, 0.5455301628110423, -0.5498328159096689, 0.5448734913668125,
    -0.5521082712865848, 0.5447040439929328, -0.5600339084071223, 0.5497240189077839, -0.5968967071649919,
    0.5886343825807505, -0.8995710697890394, 0.677174892537307,
)
_ROOT: Final = 1.4616321449683622  # of ψ: the float, and what it is short of
_ROOT_REST: Final = 9.549995429965697e-17
# x²·(log x - 1/(2x) - ψ(x)) from 6 on, in 1/x²: error 2^-57.6, beside 2^-3.6.
_DIGAMMA_REST: Final[tuple[float, ...]] = (
    -8.073751133069162, 2.2513339492379627, -0.42074980927015626, 0.08292752709690411, -0.021088129882220925,
    0.007575724374952172, -0.004166666529706749, 0.0039682539679654965, -0.008333333333333097, 0.08333333333333333,
)
# B₂ⱼ / (2j)! for j = 10 ... 1, with the Bernoulli numbers B.
_BERNOULLI: Final[tuple[float, ...]] = (
    -2.174868698558062e-16, 8.586062056277845e-15, -3.3896802963225827e-13, 1.3382536530684679e-11,
    -5.284190138687493e-10, 2.08767569878681e-08, -8.267195767195768e-07, 3.306878306878307e-05,
    -0.001388888888888889, 0.08333333333333333,
)

# ((1 + 2z)·e^(z²)·erfc(z) - 1) / (1 + t) for z from 0 on, t = (z - 4) / (z + 4): error 2^-53.9, beside a sum that is
# 1 + (1 + t) times it.
_ERFCX: Final[tuple[float, ...]] = (
    1.6271261180519635e-11, -1.608443720851457e-10, -2.1127374577215172e-10, 2.0459519260425228e-09,
    1.4300729415569643e-09, -1.626133925131785e-08, -4.8145036245612185e-09, 1.1510510541610775e-07,
    -3.7076354417929683e-08, -7.880397091938922e-07, 1.079603786386855e-06, 4.6297353521604825e-06,
    -1.5850816567193032e-05, -8.548189091002425e-06, 0.00015916960825683717, -0.00035842636516536313,
    -0.0003993468798591937, 0.005431316868730465, -0.021629050930952524, 0.058796566467354504, -0.12512693227932764,
    0.21885976727773299, -0.31989883331404334, 0.3879958875687348, -0.372616235466115, 0.2329951186255525,
)
# (1 / (√π·e^(z²)·erfc(z)) - z)·(2z + √π) for z from 0 on, t = (z - 3) / (z + 3): error 2^-55.34, beside 1.
_MILLS: Final[tuple[float, ...]] = (
    -3.92449731930808e-09, -4.353342996083578e-09, 4.6740584911722377e-08, 2.6649792305651525e-08,
    -2.816439265346527e-07, 1.9597322168481008e-08, 1.138149654418565e-06, -1.0008795156514653e-06,
    -3.277947369087158e-06, 7.007820919140855e-06, 5.515285602497598e-06, -3.183806910365154e-05, 7.2894251512191e-06,
    0.00010986866875264063, -0.00011233985467104605, -0.00028768210726553927, 0.0005926709524958002,
    0.0004580815291897882, -0.0022220076959238114, 0.00047502459138191403, 0.006242224863342028,
    -0.007340708278149305, -0.010773154962167382, 0.03361058981128983, -0.010354705070139206, -0.08631592286812248,
    0.18100356055729205, -0.12113922702312113, -0.16438667487542855, 1.180455764909973,
)
# (erfinv(x)/x - √π/2) / w for w from 0 to 36.1, in 1¼ - 24 / (w + 12): error 2^-55.6, beside values from 2^-2.9 on.
_ERFINV: Final[tuple[float, ...]] = (
    -0.8078759246880753, 0.03268323350889764, 4.643111944943479, -0.18865259494150405, -12.337608594885634,
    0.49712902486632393, 20.083016609831603, -0.7721745038501462, -22.352501789977737, 0.7294396792774063,
    17.962539100534, -0.29852178884804836, -10.732181114351748, -0.27554104623735415, 4.893869180585413,
    0.6542303431301051, -1.8681870925491881, -0.6711120664842694, 0.8347144851395901, 0.4005084439738408,
    -0.5763564080832996, -0.04674646452902954, 0.41386050297332505, -0.20523628746342543, -0.18717345742912686,
    0.2758623425285024, -0.03741868893323142, -0.19409123138099937, 0.17248240448206328, 0.04680217185869953,
    -0.1895128549404598, 0.07822260382821396, 0.1179526301540645, -0.1330464841462756, -0.018632826299740522,
    0.11009802080034772, -0.06063431615146287, -0.04352987213932555, 0.07694330474572873, -0.06775423201898285,
    -0.08866191097801444, 0.22649461704105925,
)
_HALF_ROOT_PI: Final = 0.886226925452758
# fmt: on


def polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    """The polynomial with these coefficients, highest power first, by Horner's rule.

    >>> polynomial((2.0, 0.0, 1.0), 3.0)
    19.0
    """
    y: Any = coefficients[0]
    for c in coefficients[1:]:
        y = y * x + c
    return y


def _log(x: Any) -> Any:
    """log x; -inf at 0 and NaN below also on floats."""
    return rules.log(x) if is_traced(x) or x > 0.0 else where(x >= 0.0, -math.inf, math.nan)


def _rounded(x: Any) -> Any:
    """x, as a number of its own: compiled code may reorder the terms of sums within sums, but not beyond this."""
    return rules.maximum(x, x) if is_traced(x) else x


def _power(x: Any, n: int) -> Any:
    """xⁿ for n >= 1, by squaring."""
    y = None
    while True:
        if n & 1:
            y = x if y is None else y * x
        n >>= 1
        if not n:
            return y
        x = x * x


@functools.cache
def _pi_to_the(n: int) -> float:
    """πⁿ, rounded once: the float π's error would grow with n."""
    return float(31415926535897932384626433832795028841972**n / 10 ** (40 * n))


# --- Whole numbers, and sines of multiples of π ---


def trunc(x: Any) -> Any:
    """x without its fraction."""
    return choose(x < 0.0, lambda: -rules.floor(-x), lambda: rules.floor(x))


def ceil(x: Any) -> Any:
    """The smallest whole number that is not below x."""
    return -rules.floor(-x)


def round_half_even(x: Any) -> Any:
    """The nearest whole number, of two the even one, as Python's round has it.

    >>> [round_half_even(x) for x in (0.5, 1.5, 2.5, -2.6)]
    [0.0, 2.0, 2.0, -3.0]
    """
    down = rules.floor(x)
    rest = x - down
    return choose(
        rest > 0.5,
        lambda: down + 1,
        lambda: choose(rest < 0.5, lambda: down, lambda: 2 * rules.floor((down + 1) / like(x, 2))),
    )


def _fraction(a: Any) -> tuple[Any, Any]:
    """The fraction of a >= 0, which is exact; and 1, or -1 where the whole part is odd."""
    whole = rules.floor(a)
    odd = whole - 2.0 * rules.floor(0.5 * whole)
    return _rounded(a - whole), 1.0 - 2.0 * odd


def _sin_pi(x: Any) -> Any:
    """sin(πx), exactly 0 where x is whole."""
    f, sign = _fraction(rules.abs_(x))
    y = sign * rules.sin(math.pi * choose(f > 0.5, lambda: 1.0 - f, lambda: f))
    return choose(x < 0.0, lambda: -y, lambda: y)


def _cos_pi(x: Any) -> Any:
    """cos(πx), exactly 0 where x is half a whole number."""
    f, sign = _fraction(rules.abs_(x))
    return sign * rules.sin(math.pi * (0.5 - f))


# --- The gamma function and its logarithm's derivatives ---


def lgamma(x: Any) -> Any:
    """log |Γ(x)|; +inf at 0, -1, -2 ... and at both infinities.

    >>> lgamma(1.0), lgamma(2.0), lgamma(-3.0)
    (0.0, 0.0, inf)
    """
    y = _lgamma_above_0(choose(x < 0.0, lambda: 1.0 - x, lambda: x))

    def reflected() -> Any:  # log π - log |sin πx| - log Γ(1 - x)
        sine = choose(x > -1e-20, lambda: -x, lambda: rules.abs_(_sin_pi(x)) / math.pi)
        return choose(x > -_WHOLE, lambda: -_log(sine) - y, lambda: math.inf)

    return choose(x < 0.0, reflected, lambda: y)


def _lgamma_above_0(x: Any) -> Any:
    def near() -> Any:  # below 2/3 it is lgamma(x + 1) - log x
        low = x < 0.6666666666666666
        z = where(low, x + 1.0, x)
        factors = where(low, x, x - 1.0) * where(low, 1.0 - x, 2.0 - x)
        y = 0.0 - factors * polynomial(_LGAMMA, (z - 2.0) / (z + 2.0))
        return choose(low, lambda: y - _log(x), lambda: y)

    def far() -> Any:
        rest = polynomial(_STIRLING, rules.ratio(1.0, x * x))
        return (x - 0.5) * (_log(x) - 1.0) + (rules.ratio(rest, x) + (_HALF_LOG_2_PI - 0.5))

    return choose(x < 6.0, near, far)


def digamma(x: Any) -> Any:
    """ψ(x), the slope of lgamma; NaN at -1, -2 ..., -inf at 0, +inf at -0.0.

    >>> digamma(1.0)
    -0.5772156649015329
    """
    z = choose(x < 0.0, lambda: 1.0 - x, lambda: x)
    lost = choose(x < 0.0, lambda: _rounded(1.0 - z) - x, lambda: 0.0)  # by the rounding of 1 - x
    y = _digamma_above_0(z, lost)

    def reflected() -> Any:
        sine = _sin_pi(x)
        turned = y - rules.ratio(math.pi * _cos_pi(x), sine)
        return where(rules.abs_(sine) > 0.0, turned, math.nan)

    return choose(x < 0.0, reflected, lambda: y)


def _digamma_above_0(x: Any, lost: Any) -> Any:
    def near() -> Any:  # below 1 it is ψ(x + 1) - 1/x
        low = x < 1.0
        z = where(low, x + 1.0, x)
        y = (_rounded(z - _ROOT) + (lost - _ROOT_REST)) * polynomial(_DIGAMMA, (z - 2.5) / (z + 2.5))
        return choose(low, lambda: y - rules.ratio(1.0, x), lambda: y)

    def far() -> Any:
        rest = polynomial(_DIGAMMA_REST, rules.ratio(1.0, x * x))
        return _log(x) - rules.ratio(0.5 + rules.ratio(rest, x), x)

    return choose(x < 6.0, near, far)


def polygamma(n: int, x: Any) -> Any:
    """The n-th derivative of ψ. At 0, -1, -2 ... it is +inf for odd n; for even n NaN, but -inf at 0 and +inf at -0.0.

    >>> f"{polygamma(1, 1.0):.14f}"  # π²/6
    '1.64493406684823'
    """
    if n == 0:
        return digamma(x)
    y = _hurwitz(n, choose(x < 0.0, lambda: 1.0 - x, lambda: x))

    def reflected() -> Any:
        sine = _sin_pi(x)
        inverse = rules.ratio(1.0, sine)
        turned = _pi_to_the(n + 1) * (inverse * inverse * polynomial(_cotangent(n), _cos_pi(x) * inverse))
        return turned - y if n % 2 else where(rules.abs_(sine) > 0.0, -turned - y, math.nan)

    return choose(x < 0.0, reflected, lambda: y if n % 2 else -y)


def _hurwitz(n: int, x: Any) -> Any:
    """n!·ζ(n + 1, x) = Σ n! / (x + k)^(n+1) over k >= 0, for x >= 0.

    The first terms are added one by one, up to x + k where Euler's and Maclaurin's formula gives the rest.
    """
    steps, (share, part), (rest_share, rest_part), coefficients = _euler_maclaurin(n)

    def first() -> Any:
        total: Any = 0.0
        for k in reversed(range(steps)):
            total = total + rules.ratio(part, _power(share * (x + float(k) if k else x), n + 1))
        return total

    y = choose(x < float(steps), lambda: x + float(steps), lambda: x)
    t = rules.ratio(1.0, y)
    rest = rules.ratio(rest_part, _power(rest_share * y, n))
    series = 1.0 + t * (0.5 * n + t * polynomial(coefficients, t * t))
    return choose(x < float(steps), first, lambda: 0.0) + rest * series


@functools.cache
def _euler_maclaurin(n: int) -> tuple[int, tuple[float, float], tuple[float, float], tuple[float, ...]]:
    """How many terms are added one by one; how factorials go into powers; the series' coefficients.

    Of n! a power of 2 goes into each factor of a power, and a part is left, such that neither the power nor its
    reciprocal over- or underflows before the result does.
    """
    terms = 2 * len(_BERNOULLI)
    omitted = 58 * math.log(2) + math.lgamma(n + terms + 2) - math.lgamma(n)
    steps = math.ceil(math.exp(omitted / (terms + 2)) / (2 * math.pi))
    scale = (math.factorial(n).bit_length() - 1) // (n + 1) - 1
    part = _times_power_of_2(math.factorial(n), -scale * (n + 1))
    rest_scale = (math.factorial(n - 1).bit_length() + 56) // n + 1
    rest_part = _times_power_of_2(math.factorial(n - 1), -rest_scale * n)
    rising = [math.prod(range(n, n + j)) for j in range(terms, 0, -2)]
    coefficients = tuple(b * r for b, r in zip(_BERNOULLI, rising))
    return steps, (2.0**-scale, part), (2.0**-rest_scale, rest_part), coefficients


def _times_power_of_2(whole: int, k: int) -> float:
    """whole·2ᵏ, rounded once, where the whole number itself may be beyond the largest float."""
    return float(whole << k) if k >= 0 else whole / (1 << -k)


@functools.cache
def _cotangent(n: int) -> tuple[float, ...]:
    """Coefficients of Q in (d/dx)ⁿ cot x = (-1)ⁿ·Q(cot x) / sin² x: from Q to 2c·Q + (1 + c²)·Q'."""
    q = [1]
    for _ in range(n - 1):
        following = [0] * (len(q) + 1)
        for k, a in enumerate(q):
            following[k + 1] += (k + 2) * a
            if k:
                following[k - 1] += k * a
        q = following
    return tuple(float(a) if a < 1 << 1023 else math.inf for a in reversed(q))


# --- The error function's relatives ---


def erfcx(z: Any) -> Any:
    """e^(z²)·erfc(z) for z >= 0, which falls as 1/z where erfc itself is too small for a float.

    >>> erfcx(0.0), erfcx(math.inf)
    (1.0, 0.0)
    """
    m = rules.minimum(z, 1e20)  # ∞ / ∞ has no value
    half = m / (m + 4.0)
    return (0.5 + half * polynomial(_ERFCX, 2.0 * half - 1.0)) / (z + 0.5)


def _exp_of_square(share: float, a: Any) -> Any:
    """e^(share·a²) for 0 <= a <= 64. The square of a's upper half is exact, as an exponent has to be."""
    h = rules.floor(a * 2.0**20) * 2.0**-20
    y = rules.exp(share * (h * h))
    return y + y * rules.expm1(share * ((a - h) * (a + h)))


def erfinv(x: Any) -> Any:
    """The inverse of erf on -1 <= x <= 1; NaN beyond.

    >>> erfinv(0.5), erfinv(-1.0)
    (0.4769362762044699, -inf)
    """

    def inside() -> Any:
        w = -_log((1.0 - x) * (1.0 + x))
        return x * (_HALF_ROOT_PI + w * polynomial(_ERFINV, 1.25 - 24.0 / (w + 12.0)))

    a = rules.abs_(x)
    return choose(a < 1.0, inside, lambda: where(a <= 1.0, x * math.inf, math.nan))


def log_ndtr(x: Any) -> Any:
    """The logarithm of the probability that a standard normal variable is below x.

    >>> log_ndtr(-1e10), log_ndtr(0.0)
    (-5e+19, -0.6931471805599453)
    """
    a = rules.abs_(x)
    half = 0.5 * erfcx(a * 0.7071067811865476)
    return choose(
        x < 0.0,
        lambda: _log(half) - (0.5 * a) * a,
        lambda: rules.log1p(-half * _exp_of_square(-0.5, rules.minimum(a, 40.0))),
    )


def inverse_mills(x: Any) -> Any:
    """λ(x) = φ(x) / Φ(x), the derivative of ``log_ndtr``: of a normal variable, the density over the distribution.

    >>> inverse_mills(-1e10), inverse_mills(60.0)
    (10000000000.0, 0.0)
    """
    return choose(x < 0.0, lambda: _mills_below_0(rules.abs_(x))[0], lambda: _mills_above_0(x))


def inverse_mills_slope(x: Any) -> Any:
    """-λ'(x) = λ(x)·(x + λ(x)), where x + λ(x) doesn't cancel; from 1 far below 0 to 0.

    >>> round(inverse_mills_slope(-1e30), 12), inverse_mills_slope(60.0)
    (1.0, 0.0)
    """

    def below() -> Any:
        hazard, gap = _mills_below_0(rules.minimum(rules.abs_(x), 1e30))
        return hazard * gap

    def above() -> Any:
        m = rules.minimum(x, 1e30)
        hazard = _mills_above_0(m)
        return hazard * (m + hazard)

    return choose(x < 0.0, below, above)


def _mills_above_0(a: Any) -> Any:
    tail = _exp_of_square(-0.5, rules.minimum(a, 40.0))
    return 0.3989422804014327 * tail / (1.0 - 0.5 * tail * erfcx(a * 0.7071067811865476))  # 1 / √2π


def _mills_below_0(a: Any) -> tuple[Any, Any]:
    """λ(-a), and its distance from a."""
    m = rules.minimum(a, 1e30)
    z = m * 0.7071067811865476
    gap = 1.4142135623730951 * polynomial(_MILLS, (z - 3.0) / (z + 3.0)) / (2.0 * z + 1.772453850905516)
    return a + gap, gap


def logit(p: Any) -> Any:
    """log(p / (1 - p)), the inverse of the sigmoid; NaN outside 0 <= p <= 1.

    >>> logit(0.5), logit(0.0), logit(1.0)
    (0.0, -inf, inf)
    """
    q = p - 0.5
    return choose(rules.abs_(q) < 0.25, lambda: 2.0 * rules.atanh(2.0 * q), lambda: _log(rules.ratio(p, 1.0 - p)))


# --- The sine by its argument ---


def sinc_derivative(n: int, x: Any) -> Any:
    """The n-th derivative of sinc(x) = sin(πx) / (πx).

    x·Dₙ + n·Dₙ₋₁ = πⁿ⁻¹·sin(πx + nπ/2) ties each derivative D to the next. Where πx is large beside n, it is a stable
    way up from sinc itself; where it isn't, a stable way down from a derivative so high that it no longer matters.

    >>> sinc_derivative(0, 0.0), sinc_derivative(0, 2.0), sinc_derivative(1, 1.0)
    (1.0, 0.0, -1.0)
    """
    a = rules.abs_(x)
    sine, cosine = _sin_pi(a), _cos_pi(a)
    turned = (sine, cosine, -sine, -cosine)  # sin(πa + kπ/2)
    most = (n + 2) / math.pi if n else 1e-9

    def up() -> Any:
        y = rules.ratio(where(rules.abs_(sine) > 0.0, sine, 0.0), math.pi * a)  # 0 is 0, be it -0.0
        for k in range(1, n + 1):
            y = rules.ratio(_pi_to_the(k - 1) * turned[k % 4] - k * y, a)
        return y

    def down() -> Any:
        if n == 0:
            return 1.0  # to the last bit
        highest, neglected = n, 1.0
        while neglected > 2.0**-60:
            highest += 1
            neglected *= (n + 2) / highest
        y: Any = 0.0
        for k in range(highest, n, -1):
            y = (_pi_to_the(k - 1) * turned[k % 4] - a * y) / k
        return y

    y = choose(a < most, down, lambda: choose(a < math.inf, up, lambda: where(a >= math.inf, 0.0, a)))
    return choose(x < 0.0, lambda: -y, lambda: y) if n % 2 else y
