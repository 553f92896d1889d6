"""Mistakes that people make, and what the message of each has to say: what was wrong, and what to write instead."""

from __future__ import annotations

import gc
import importlib
import math
import os
import re
import statistics
import subprocess
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, primitive
from autograd.engine.value import PURE
from autograd.testing import gradcheck

LONGEST = 420  # characters: a message is read in a terminal, below a traceback

# What was written, the exception, and parts of its message.
MISTAKES: list[tuple[str, type[BaseException], tuple[str, ...]]] = [
    # Values
    ("Value('3')", TypeError, ("real number", "str: '3'")),
    ("Value([1, 2])", TypeError, ("real number", "list: [1, 2]")),
    ("Value(None)", TypeError, ("real number", "None")),
    ("Value(1j)", TypeError, ("real number", "complex: 1j")),
    ("Value(np.array([1.0, 2.0]))", TypeError, ("real number", "array([1., 2.])")),
    ("Value(x)", TypeError, ("is a Value already", "float(v)")),
    ("Value(1.0, 7)", TypeError, ("a label is text", "int: 7")),
    ("setattr(x, 'label', 3)", TypeError, ("a label is text", "int: 3")),
    ("setattr(x, 'data', 'a')", TypeError, ("real number", "'a'")),
    ("setattr(x, 'grad', [1])", TypeError, ("real number", "[1]")),
    ("x + '3'", TypeError, ("+", "'Value' and 'str'")),
    ("x * None", TypeError, ("*", "'Value' and 'NoneType'")),
    ("x + [1, 2]", TypeError, ("+", "'Value' and 'list'")),
    ("x ** 'a'", TypeError, ("**", "'Value' and 'str'")),
    ("x + 1j", TypeError, ("+", "'Value' and 'complex'")),
    ("round(x, 2)", TypeError, ("decimals", "round(float(stop_gradient(x)), n)")),
    ("y.backward(2.0)", TypeError, ("not 2.0", "(c * y).backward()")),
    ("zero_grad(x)", TypeError, ("zero_grad([x, y])",)),
    ("zero_grad(3.0)", TypeError, ("zero_grad([x, y])", "3.0")),
    ("ag.name(a=3.0)", TypeError, ("a is not a Value", "float: 3.0")),
    # Domains
    ("log(Value(-1.0, 'a'))", ValueError, ("log is undefined at -1.0", "'a'", "x > 0")),
    ("log(0.0)", ValueError, ("log is undefined at 0.0", "x > 0")),
    ("sqrt(Value(-1.0, 'a'))", ValueError, ("sqrt is undefined at -1.0", "'a'", "x >= 0")),
    ("1 / Value(0.0, 'a')", ZeroDivisionError, ("'a' = 0.0", "b != 0")),
    ("x / 0", ZeroDivisionError, ("undefined at 2.0, 0.0", "b != 0")),
    ("x % 0", ZeroDivisionError, ("mod", "b != 0")),
    ("Value(-2.0) ** 0.5", ValueError, ("pow is undefined at -2.0, 0.5", "a > 0")),
    ("Value(0.0) ** -1", ZeroDivisionError, ("pow", "0.0")),
    ("acos(2.0)", ValueError, ("acos is undefined at 2.0", "-1 <= x <= 1")),
    ("asin(Value(1.5, 's'))", ValueError, ("asin", "'s' = 1.5")),
    ("atanh(1.0)", ValueError, ("atanh is undefined at 1.0", "-1 < x < 1")),
    ("acosh(0.5)", ValueError, ("acosh is undefined at 0.5", "x >= 1")),
    ("lgamma(-1.0)", ValueError, ("lgamma is undefined at -1.0", "every x but")),
    ("logit(1.0)", ValueError, ("logit is undefined at 1.0", "0 < x < 1")),
    ("log1p(-1.0)", ValueError, ("log1p is undefined at -1.0", "x > -1")),
    ("exp(Value(1000.0, 'h'))", OverflowError, ("exp overflows at 1000.0", "'h'")),
    ("cosh(1000.0)", OverflowError, ("cosh overflows at 1000.0",)),
    # Functions
    ("exp('x')", TypeError, ("real number", "'x'")),
    ("exp([1.0])", TypeError, ("real number", "[1.0]")),
    ("exp(None)", TypeError, ("real number", "None")),
    ("sum(x)", TypeError, ("sum takes several numbers", "Value(data=2.0")),
    ("mean(x)", TypeError, ("mean takes several numbers",)),
    ("mean([])", ValueError, ("mean needs at least one number",)),
    ("softmax(x)", TypeError, ("softmax takes several numbers",)),
    ("softmax([])", ValueError, ("softmax needs at least one number",)),
    ("logsumexp(2.0)", TypeError, ("logsumexp takes several numbers", "2.0")),
    ("prod(2.0)", TypeError, ("prod takes several numbers", "2.0")),
    ("dot([1.0], [1.0, 2.0])", ValueError, ("one length", "1 and 2")),
    ("dot(1.0, [1.0, 2.0])", TypeError, ("dot takes several numbers", "1.0")),
    ("clip(x, 2, 1)", ValueError, ("lower bound first", "2 is above 1")),
    ("take([1.0, 2.0], 2)", IndexError, ("out of range",)),
    ("polygamma(x, 1.0)", TypeError, ("order", "whole number", "plain number")),
    # Derivatives of functions
    ("grad(3.0)", TypeError, ("grad takes a function", "float 3.0", "grad(f)(x)")),
    ("grad(y)", TypeError, ("grad takes a function", "gradient(y, [x])")),
    ("value_and_grad(None)", TypeError, ("value_and_grad takes a function", "None")),
    ("jacobian(3.0)", TypeError, ("jacobian takes a function", "jacobian(f)(x)")),
    ("hessian(np.ones(2))", TypeError, ("hessian takes a function", "hessian(f)(x)")),
    ("derivative(2.0)", TypeError, ("derivative takes a function", "2.0")),
    ("derivative(square, 1.5)", TypeError, ("how often", "1.5", "derivative(f)(x)")),
    ("derivative(square, -1)", ValueError, ("no derivative of order -1",)),
    ("hvp(2.0, [1.0], [1.0])", TypeError, ("hvp takes a function",)),
    ("hvp(square, [1.0], [1.0, 2.0])", ValueError, ("v needs the structure of x",)),
    ("jvp(square, 1.0, 1.0)", TypeError, ("tuple of primals", "jvp(f, (x,), (v,))")),
    ("jvp(square, (1.0,), (1.0, 2.0))", ValueError, ("tangents need the structure",)),
    ("vjp(square, 1.0)[1]([1.0])", ValueError, ("the cotangent needs the structure",)),
    ("grad(square)(3)", TypeError, ("int 3", "write 3.0")),
    ("grad(sum)(np.array([1, 2]))", TypeError, ("argument 0", "an array of floats")),
    ("grad(sum)([1.0, 2])", TypeError, ("argument 0[1]", "int 2", "write 2.0")),
    ("grad(square)('a')", TypeError, ("str 'a'", "argnums")),
    ("grad(square)(True)", TypeError, ("bool True", "argnums")),
    ("grad(square, argnums=2)(1.0)", ValueError, ("argnums 2 is out of range", "1 positional")),
    ("grad(square, argnums='y')(1.0)", ValueError, ("argnums 'y' is no argument", "its arguments are x")),
    ("grad(square, argnums=1.0)(1.0)", TypeError, ("argnums is the number of an argument", "its name", "not 1.0")),
    ("derivative(square)(1.0, 2.0)", TypeError, ("one number, not 2 arguments", "grad(f, argnums=(0, 1))")),
    ("derivative(square)([1.0, 2.0])", TypeError, ("one number, not list [1.0, 2.0]", "grad(f)(x)")),
    ("logsumexp(np.ones((2, 2)))", TypeError, ("not a matrix", "[logsumexp(row) for row in x]")),
    ("np.fmax(x, 2.0)", TypeError, ("NumPy's fmax has no derivative here", "maximum")),
    ("where([x < 0], 1.0, 2.0)", TypeError, ("not a list", "np.array(conditions)")),
    ("statistics.mean([x, x])", TypeError, ("no exact fraction", "autograd.mean")),
    ("grad(lambda x: math.exp(x))(1.0)", autograd.LostDerivative, ("float() would lose", "stop_gradient")),
    ("jvp(lambda x: float(x), (1.0,), (1.0,))", autograd.LostDerivative, ("float() would lose", "dtype=object")),
    ("jacobian(lambda x: {x})(1.0)", TypeError, ("f returned set", "write it as a list")),
    ("jacobian(lambda x: x > 0)(1.0)", TypeError, ("f returned bool True", "where(condition, 1.0, 0.0)")),
    ("grad(square, has_aux=True)(1.0)", TypeError, ("a pair (output, aux)",)),
    ("grad(square, argnums=(0, 0))(1.0)", ValueError, ("names an argument twice",)),
    ("grad(lambda x: [x, x])(3.0)", TypeError, ("one number", "list [Value(", "jacobian, jvp and vjp")),
    ("grad(lambda x: None)(1.0)", TypeError, ("one number", "None", "is a return missing?")),
    ("grad(lambda x: 'a')(1.0)", TypeError, ("one number", "str 'a'")),
    ("grad(tanh)(np.array([1.0, 2.0]))", TypeError, ("array of shape (2,)", "vmap(grad(f))")),
    ("hessian(lambda x: [x])(1.0)", TypeError, ("one number", "list [")),
    ("gradient(y, x)", TypeError, ("gradient(y, [x])", "Value(data=2.0")),
    ("gradient(y, [3.0])", TypeError, ("with respect to Values", "float: 3.0")),
    ("gradient(3.0, [x])", TypeError, ("of a Value", "float: 3.0")),
    ("gradient(y, [Value(1.0)], strict=True)", ValueError, ("does not depend on wrt[0]",)),
    ("to_sympy(3.0)", TypeError, ("takes a Value", "float: 3.0")),
    ("to_sympy(Value(1.0, 'a') + Value(2.0, 'a'))", ValueError, ("two different leaves", "'a'")),
    # Pictures
    ("to_dot(3.0)", TypeError, ("a Value can be drawn", "float: 3.0")),
    ("draw(y, 'y.xyz')", ValueError, (".svg, .png, .pdf, .dot, .tex or .mmd", "y.xyz")),
    # Compiled functions
    ("jit(3.0)", TypeError, ("jit takes a function", "float: 3.0")),
    ("jit(lambda x: math.exp(x))(1.0)", autograd.TraceError, ("float() was called", "autograd's functions")),
    ("jit(lambda x: list(range(int(x))))(3.0)", autograd.TraceError, ("int() was called", "length of a loop")),
    ("vmap(square)(1.0)", ValueError, ("argument 0", "NumPy array", "in_axes")),
    ("vmap(lambda a, b: a * b)(np.ones(3), np.ones(4))", ValueError, ("one batch", "[3, 4]")),
    # Names
    ("ag.sigmod", AttributeError, ("'sigmod'", "did you mean sigmoid?")),
    ("ag.gradeint", AttributeError, ("did you mean gradient?",)),
    ("ag.numpy", AttributeError, ("HIPS autograd", "arrays of Values")),
    ("importlib.import_module('autograd.numpy')", ImportError, ("HIPS autograd", "import numpy as np")),
    # Networks
    ("nn.MLP(2, [3, 1])([1.0])", ValueError, ("takes 2 inputs, not 1",)),
    ("nn.MLP(2, [3, 1], activation='rellu')", ValueError, ("'rellu'", "relu, tanh")),
    ("nn.Neuron(0)", ValueError, ("at least 1", "not 0")),
    ("nn.SGD([1.0], lr=0.1)", TypeError, ("changes Values", "float: 1.0")),
    ("nn.SGD([x], lr=-1)", ValueError, ("from 0 on", "-1")),
    ("nn.mse([1.0], [1.0, 2.0])", ValueError, ("1 predictions", "2 targets")),
    ("nn.cross_entropy([x, y], 5)", IndexError, ("target 5", "2 classes")),
    ("nn.cross_entropy([x, y], 0.5)", TypeError, ("index of a class", "0.5")),
    ("nn.MLP(2, 3)", TypeError, ("nouts is a list", "not 3", "MLP(2, [3])")),
    ("nn.MLP(2, [])", ValueError, ("at least one layer",)),
    ("nn.Neuron('a')", TypeError, ("whole number", "'a'")),
    ("nn.Layer(2, 1.5)", TypeError, ("number of outputs", "1.5")),
    ("nn.fit(nn.MLP(2, [1]), nn.mse, [], [], optimizer=None, epochs=1)", TypeError, ("SGD(model.parameters()", "None")),
    ("nn.functional(3)", TypeError, ("takes a Module", "int: 3")),
    ("nn.MLP(2, [1]).load_vector([1.0])", ValueError, ("MLP has 3 parameters", "1 numbers")),
    ("nn.functional(nn.MLP(2, [1]))([1.0], [1, 2])", ValueError, ("MLP has 3 parameters", "1 numbers")),
    ("nn.to_c(nn.Embedding(2, 2))", TypeError, ("Embedding", "to_c(model, x)")),
    ("nn.Adam([x], betas=0.9)", TypeError, ("betas", "(0.9, 0.999)")),
    ("nn.MLP(2, [3, 1])(np.ones((5, 2)).tolist())", ValueError, ("2 inputs, not 5", "[model(x) for x in samples]")),
    ("nn.SGD(nn.MLP(2, [1]), lr=0.1)", TypeError, ("not a MLP", "model.parameters()")),
    ("nn.SGD(x, lr=0.1)", TypeError, ("a list of Values", "[w]")),
    ("nn.SGD([], lr=0.1)", ValueError, ("no parameters",)),
    ("nn.SGD([x], lr='a')", TypeError, ("a learning rate is a number", "'a'")),
    ("nn.SGD([x], lr=0.1, momentum=1.0)", ValueError, ("momentum", "not 1.0")),
    ("nn.cross_entropy([x, y], [0, 1])", TypeError, ("index of a class", "[0, 1]", "one-hot")),
    ("nn.cross_entropy([[x, y]], [[0, 1]])", TypeError, ("index of a class", "[0, 1]", "one-hot")),
    ("draw(y, 'y.svg', highlight='w5')", ValueError, ("no Value", "'w5'", "there are a")),
    ("draw(y, 'y.svg', highlight=3)", TypeError, ("Values or their labels", "int: 3")),
    ("draw(y, 'y.svg', highlight=[3])", TypeError, ("Values or their labels", "int: 3")),
    ("gradcheck(lambda: y * 1.0, wrt=[Value(1.0)])", ValueError, ("nothing to check", "1 Values")),
    ("jit(lambda x: x if x > 0 else -x)(1.0)", autograd.TraceError, ("write where(", "asked for the truth")),
    ("jit(lambda x: x.data)(1.0)", autograd.TraceError, ("stop_gradient", ".data was read")),
    ("jit(lambda x: x.backward())(1.0)", autograd.TraceError, ("jit(grad(f))", "backward() was called")),
    ("jit(lambda x: f'{x:.2f}')(1.0)", autograd.TraceError, ("print the result", "format")),
    ("jit(lambda x: round(x, 2))(1.0)", autograd.TraceError, ("round(x * 100) / 100",)),
    ("gradcheck(square, 1.0, wrt=[x])", TypeError, ("has to return a Value", "float 1.0")),
    # Names and habits of other libraries
    ("x * 'a'", TypeError, ("can't multiply a Value", "str: 'a'")),
    ("x * [1, 2]", TypeError, ("can't multiply a Value", "list: [1, 2]", "[v * x for x in xs]")),
    ("[1, 2] * x", TypeError, ("can't multiply a Value", "list: [1, 2]")),
    ("(1.0, 2.0) * x", TypeError, ("can't multiply a Value", "tuple: (1.0, 2.0)")),
    ("nn.Neuron(2)(['a', 'b'])", TypeError, ("can't multiply a Value", "str: 'a'")),
    ("nn.MLP(2, [1])({'a': 1.0, 'b': 2.0})", TypeError, ("can't multiply a Value", "str: 'a'")),
    ("x + (1,)", TypeError, ("+", "'Value' and 'tuple'")),
    ("x @ x", TypeError, ("@", "'Value' and 'Value'")),
    ("x < 'a'", TypeError, ("<", "'str'")),
    ("Value(float)", TypeError, ("real number", "type: <class 'float'>")),
    ("Value({'a': 1})", TypeError, ("real number", "dict: {'a': 1}")),
    ("Value(1.0, 3)", TypeError, ("a label is text", "int", "Value(number, (a, b), 'name')")),
    ("Value(1.0, requires_grad=True)", TypeError, ("requires_grad",)),
    ("y.backward(retain_graph=True)", TypeError, ("retain_graph",)),
    ("y.backward([1.0])", TypeError, ("not [1.0]", "(c * y).backward()")),
    ("ag.Tensor", AttributeError, ("'Tensor'", "write autograd.Value(3.0)")),
    ("ag.Variable", AttributeError, ("write autograd.Value(3.0)",)),
    ("ag.backward(y)", AttributeError, ("write y.backward()",)),
    ("ag.max", AttributeError, ("write autograd.maximum(a, b)",)),
    ("ag.min", AttributeError, ("write autograd.minimum(a, b)",)),
    ("ag.pow", AttributeError, ("write x ** b",)),
    ("ag.ln", AttributeError, ("write autograd.log",)),
    ("ag.arctan", AttributeError, ("write autograd.atan",)),
    ("ag.arctan2", AttributeError, ("write autograd.atan2",)),
    ("ag.square", AttributeError, ("write x ** 2",)),
    ("ag.SGD", AttributeError, ("write from nn import SGD",)),
    ("ag.cross_entropy", AttributeError, ("write from nn import cross_entropy",)),
    ("ag.no_grads", AttributeError, ("did you mean no_grad?",)),
    ("ag.relu6", AttributeError, ("did you mean relu?",)),
    ("nn.Linear(2, 3)", AttributeError, ('write nn.Layer(nin, nout, "linear")',)),
    ("nn.ReLU()", AttributeError, ('write nn.Layer(nin, nout, "relu")',)),
    ("nn.MSELoss()", AttributeError, ("write nn.mse",)),
    ("nn.CrossEntropyLoss()", AttributeError, ("write nn.cross_entropy",)),
    ("nn.Parameter(1.0)", AttributeError, ("write autograd.Value(3.0)",)),
    ("nn.Neurone(2)", AttributeError, ("did you mean Neuron?",)),
    ("zero_grad([1.0])", TypeError, ("takes Values", "float: 1.0")),
    ("zero_grad(nn.MLP(2, [1]))", TypeError, ("MLP of", "model.zero_grad()")),
    ("nn.SGD({'a': x}, lr=0.1)", TypeError, ("not a dict", "list(params.values())")),
    ("nn.SGD([[x], [y]], lr=0.1)", TypeError, ("one list of Values", "[p for row in rows for p in row]")),
    ("nn.SGD(x.grad, lr=0.1)", TypeError, ("a list of Values", "float: 0.0")),
    ("nn.SGD(nn.MLP(2, [1]).parameters, lr=0.1)", TypeError, ("not a function", "model.parameters()")),
    ("nn.SGD([x], lr=None)", TypeError, ("a learning rate is a number", "None")),
    ("nn.SGD([x], lr=math.nan)", ValueError, ("from 0 on", "nan")),
    ("nn.SGD([x], lr=0.1, nesterov=True)", ValueError, ("needs a momentum",)),
    ("nn.SGD([x], lr=0.1, weight_decay=-1)", ValueError, ("weight decay", "-1")),
    ("nn.MLP(2, [3, '1'])", TypeError, ("number of outputs", "'1'")),
    ("nn.MLP(2, [3], 'tanhh')", ValueError, ("'tanhh'", "relu, tanh")),
    ("nn.MLP(2, [3], activation=3)", TypeError, ("a name or a function", "3")),
    ("nn.MLP(2, [3, -1])", ValueError, ("at least 1", "-1")),
    ("nn.MLP(2, [1]).load_state_dict({'a': 1.0})", ValueError, ("doesn't fit MLP", "unexpected 'a'")),
    ("nn.W8Network([1, 2, 3])", ValueError, ("eight weights", "3 were given")),
    ("nn.W8Network(0.1)", TypeError, ("eight numbers", "0.1")),
    ("nn.W8Network().loss(0.05, 0.1)", TypeError, ("two inputs", "a list of two numbers", "0.05")),
    ("nn.W8Network().loss([0.05], [0.1])", ValueError, ("two inputs", "1 were given")),
    ("nn.draw_network(3, 'a.svg')", TypeError, ("a network has layers", "int")),
    ("nn.hinge([x], [0])", ValueError, ("-1 or 1", "not 0")),
    ("nn.binary_cross_entropy([0.5], [2])", ValueError, ("from 0 to 1", "not 2")),
    ("grad(square, argnums=None)(1.0)", TypeError, ("argnums is the number of an argument", "None")),
    ("grad(square, argnums=0.5)(1.0)", TypeError, ("argnums is the number of an argument", "0.5")),
    ("grad(square)()", TypeError, ("without positional arguments", "grad(f)(x)")),
    ("grad(lambda x: x > 0)(1.0)", TypeError, ("one number", "bool True", "where(condition, a, b)")),
    ("grad(square)(1 + 2j)", TypeError, ("complex (1+2j)", "argnums")),
    ("grad('square')", TypeError, ("takes a function", "str 'square'")),
    ("value_and_grad(square)(3)", TypeError, ("int 3", "write 3.0")),
    ("derivative(square, '2')", TypeError, ("how often", "'2'")),
    ("gradient([y], [x])", TypeError, ("of a Value", "list: [")),
    ("draw(y, 3)", TypeError, ("file's name", "int: 3")),
    ("draw(x, y)", TypeError, ("file's name", "Value: Value(")),
    ("draw([y], 'y.svg')", TypeError, ("a Value can be drawn", "list: [")),
    ("draw(y, 'nosuchfolder/y.svg')", FileNotFoundError, ("no folder nosuchfolder",)),
    ("to_dot(y, rankdir='XX')", ValueError, ("'LR', 'TB'", "'XX'")),
    ("to_dot(y, depth='3')", TypeError, ("depth is a whole number", "'3'")),
    ("to_dot(y, digits='a')", TypeError, ("digits is a whole number", "'a'")),
    ("to_dot(y, depth=-1)", ValueError, ("0 or more", "-1")),
    ("vmap(3.0)", TypeError, ("vmap takes a function", "float: 3.0")),
    ("jit(square, dtype='float16')", ValueError, ("'float64' or 'float32'", "'float16'")),
    ("jit(square, threads=0)", ValueError, ("whole number from 1", "not 0")),
    ("jit(square).repeat(2.0)", ValueError, ("number of times", "2.0")),
    ("gradcheck(square, 3)", TypeError, ("int 3", "write 3.0")),
    ("gradcheck(3.0, 1.0)", TypeError, ("takes a function", "3.0")),
    ("gradcheck((square,), 1.0)", TypeError, ("(function, gradient)",)),
    ("gradcheck(square, 1.0, ulps=-1)", ValueError, ("positive number", "-1")),
    ("gradcheck(lambda x: [x], 1.0)", TypeError, ("one number", "list [")),
    ("ag.testing.derivative_of(3, 1.0)", TypeError, ("takes a function", "int: 3")),
    ("ag.testing.check_engine(3)", TypeError, ("check_engine takes a class", "not 3")),
    ("ag.testing.check_engine('nosuch:Value')", ValueError, ("no module 'nosuch'",)),
    ("ag.testing.check_engine('math')", ValueError, ("names no class", "MODULE:CLASS")),
    # Training and explaining
    ("nn.Adam([x], lr=0.1, betas=0.9)", TypeError, ("a pair of numbers", "0.9")),
    ("nn.Adam([x], lr=0.1, betas=(0.9, 1.0))", ValueError, ("β₂", "1.0")),
    ("nn.Sequential([nn.Layer(2, 3)])", TypeError, ("a part of a Sequential",)),
    ("nn.Embedding(3, 2)(5)", IndexError, ("token 5", "0 to 2")),
    ("nn.save('m.json', nn.Neuron(1))", TypeError, ("str: 'm.json'", "save(model, path)")),
    ("nn.load(nn.Neuron(1), 'm.json')", TypeError, ("go into a Module", "str: 'm.json'")),
    ("fit(nn.Neuron(1), 'mse', [[1.0]], [1.0])", TypeError, ("a loss is a function", "nn.mse", "'mse'")),
    ("fit(nn.Neuron(1), nn.mse, [], [])", ValueError, ("X has no samples",)),
    ("fit(nn.Neuron(1), nn.mse, [[1.0], [2.0]], [1.0])", ValueError, ("2 samples", "1 targets")),
    ("fit(nn.Neuron(1), nn.mse, [['a']], [1.0])", TypeError, ("holds text", "not real numbers: a")),
    ("fit(nn.Neuron(1), nn.mse, [[math.nan]], [1.0])", ValueError, ("nan in sample 0",)),
    ("fit(nn.mse, nn.Neuron(1), [[1.0]], [1.0])", TypeError, ("fit trains a Module", "function")),
    ("ag.explain(y, 'zz')", TypeError, ("takes Values", "explain(v, [x, y])")),
    ("ag.explain(y, x, digits='a')", TypeError, ("digits is a whole number", "'a'")),
    ("ag.explain.rule('sigmod')", ValueError, ("'sigmod'", "did you mean 'sigmoid'?")),
    ("ag.explain.rule(sigmoid)", TypeError, ("a rule has a name", "function")),
    ("ag.exercise(y, x, seeds=3)", TypeError, ("a question each", "not 3", "range(20)")),
    ("ag.spreadsheet(y, 'a.ods')", ValueError, (".xlsx", "a.ods")),
    ("ag.page(3, 'a.html')", TypeError, ("page takes a Value", "int: 3")),
    ("ag.page(y, 'a.html', hide='tabel')", ValueError, ("no part 'tabel'", "'table'")),
]


def fit(model: Any, loss: Any, X: Any, Y: Any) -> Any:  # noqa: N803 - as in nn
    optimizer = nn.SGD(model.parameters() if isinstance(model, nn.Module) else [Value(1.0)], lr=0.1)
    return nn.fit(model, loss, X, Y, optimizer=optimizer, epochs=1)


def square(x: Any) -> Any:
    return x * x


@pytest.mark.parametrize(("code", "kind", "parts"), MISTAKES, ids=[code for code, *_ in MISTAKES])
def test_a_mistake_is_answered(code: str, kind: type[BaseException], parts: tuple[str, ...]) -> None:
    x = Value(2.0, "a")
    names = {name: getattr(autograd, name) for name in (*autograd.__all__, "sum", "abs", "round")}
    names |= {"ag": autograd, "nn": nn, "np": np, "math": math, "importlib": importlib, "gradcheck": gradcheck}
    names["statistics"] = statistics
    names |= {"x": x, "y": x * x + 1, "square": square, "primitive": primitive, "round": round, "fit": fit}
    with pytest.raises(kind) as caught:
        eval(code, names)
    message = str(caught.value)
    assert type(caught.value) is kind
    for part in parts:
        assert part in message
    assert len(message) < LONGEST


def test_the_names_of_builtins_are_left_alone_by_a_star() -> None:
    names: dict[str, Any] = {}
    exec("from autograd import *", names)
    assert not {"sum", "abs", "round", "min", "max", "pow"} & set(names)
    assert {"Value", "grad", "exp", "gradient", "jit"} <= set(names)


def test_dir_shows_what_is_for_users() -> None:
    shown = [name for name in dir(autograd) if not name.startswith("__")]
    assert set(shown) == {*autograd.__all__, "abs", "round", "sum", "testing"}
    assert len(shown) == len(set(shown))
    assert autograd.testing.gradcheck is gradcheck


def test_a_derived_function_has_a_name() -> None:
    assert repr(autograd.grad(square)).startswith("<function grad(square) at ")
    assert repr(autograd.jacobian(autograd.grad(square))).startswith("<function jacobian(grad(square)) at ")


@pytest.mark.parametrize(
    "mistake", ["log(x - 2)", "x / (x - 2)", "(x - 3) ** 0.5", "x.exp().exp().exp()", "Value('3')", "x * [1]"]
)
def test_a_traceback_is_one_and_its_files_can_be_opened(mistake: str) -> None:
    names = {"x": Value(2.0), "Value": Value, "log": autograd.log}
    with pytest.raises((ValueError, TypeError, ArithmeticError)) as caught:
        eval(compile(f"{mistake}\n", __file__, "eval"), names)
    told = "".join(traceback.format_exception(caught.value))
    assert told.count("Traceback") == 1
    files = re.findall(r'File "(.*?)"', told)
    assert all(map(os.path.isabs, files))
    assert all(map(os.path.exists, files))
    if not PURE:  # compiled functions have no line
        assert files[-1] in (__file__, autograd.functions.__file__)


def test_files_of_another_autograd_are_noticed(tmp_path: Path) -> None:
    ours = Path(autograd.__file__).parent
    package = tmp_path / "autograd"
    package.mkdir()
    for path in ours.iterdir():
        (package / path.name).symlink_to(path)
    (package / "__init__.py").unlink()
    (package / "__init__.py").write_text((ours / "__init__.py").read_text())
    for path in ours.parent.glob("*__mypyc*"):
        (tmp_path / path.name).symlink_to(path)
    run = [sys.executable, "-W", "always", "-c", "import autograd"]
    assert not subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True).stderr
    (package / "numpy").mkdir()
    told = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True).stderr
    assert "ForeignFiles" in told
    assert "pip uninstall autograd chainrule" in told


def test_what_is_printed_is_short_and_says_what_it_is() -> None:
    model = nn.MLP(2, [16, 16, 1], seed=1)
    assert repr(model) == (
        "MLP of [Layer of [16 × ReLUNeuron(2)], Layer of [16 × ReLUNeuron(16)], Layer of [LinearNeuron(16)]]"
    )
    assert repr(nn.SGD(model.parameters(), lr=0.1)) == "SGD(lr=0.1, 337 parameters)"
    assert repr(nn.SGD([Value(1.0)], lr=0.1, momentum=0.9, nesterov=True)) == (
        "SGD(lr=0.1, momentum=0.9, nesterov=True, 1 parameter)"
    )
    assert repr(nn.W8Network([0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55])).startswith("W8Network(w1=0.15, w2=0.2, ")


def test_a_label_says_what_to_highlight() -> None:
    x, w = Value(2.0, "x"), Value(3.0, "w")
    y = x * w + 1
    assert autograd.to_dot(y, highlight="w").source == autograd.to_dot(y, highlight=w).source
    assert autograd.to_dot(y, highlight=["w", x]).source == autograd.to_dot(y, highlight=[w, x]).source


def train(model: nn.Neuron, reset: Any, steps: int = 4) -> list[str]:
    """A training loop; returns the warnings, by class and line."""
    optimizer = nn.SGD(model.parameters(), lr=0.01)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(steps):
            reset(model, optimizer)
            loss = (model([1.0, 2.0]) - 3.0) ** 2
            loss.backward()
            optimizer.step()
    assert all(warning.filename == __file__ and "optimizer.zero_grad()" in str(warning.message) for warning in caught)
    return [warning.category.__name__ for warning in caught]


def set_to_zero(model: nn.Neuron) -> None:
    for p in model.parameters():
        p.grad = 0.0


@pytest.mark.parametrize(
    ("reset", "warned"),
    [
        (lambda model, optimizer: None, ["StaleGradient"]),
        (lambda model, optimizer: optimizer.zero_grad(), []),
        (lambda model, optimizer: model.zero_grad(), []),
        (lambda model, optimizer: autograd.zero_grad(model.parameters()), []),
        (lambda model, optimizer: set_to_zero(model), []),
    ],
    ids=["forgotten", "optimizer", "model", "function", "by hand"],
)
def test_a_forgotten_zero_grad_is_noticed_once(reset: Any, warned: list[str]) -> None:
    for activation in ("tanh", "linear"):
        assert train(nn.Neuron(2, activation, seed=3), reset) == warned


def test_gradients_may_add_up_between_steps_and_on_the_way_to_another_network() -> None:
    generator, critic = nn.Neuron(1, "tanh", seed=1), nn.Neuron(1, "linear", seed=2)
    first, second = nn.SGD(generator.parameters(), lr=0.1), nn.SGD(critic.parameters(), lr=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            second.zero_grad()
            for sample in ([1.0], [2.0]):
                (critic(sample) - critic([generator(sample).data])).backward()
            second.step()
            first.zero_grad()
            critic([generator([1.0])]).backward()  # through the critic, whose gradients nobody needs
            first.step()


def test_an_optimiser_that_is_gone_is_forgotten() -> None:
    from autograd.engine.used import USED

    gc.collect()
    before = len(USED)
    train(nn.Neuron(2, seed=1), lambda model, optimizer: optimizer.zero_grad())
    gc.collect()
    assert len(USED) == before
