"""Mutation testing with cosmic-ray: ``make mutants``. The files and their tests are listed here, and nowhere else.

Each file is changed in one place at a time, in a copy of the source, and its tests are run. If all of them pass, the
mutant has survived: either the change makes no difference, or a test is missing. docs/mutants.md has the results.
"""

# A file, and the runs of pytest for each of its mutants: the first that fails is the last. Those that notice most
# mutants soonest come first.
PASSES = {
    "autograd/engine/rules.py": (
        "tests/test_rules.py -k 'conventions or 50_digits or extremes or textbook or whole_numbers'",
        "tests/test_rules.py -k 'not ulp and not as_close and not bit_for_bit and not domain_is'",
        "tests/test_kinds.py tests/test_value.py",
        "tests/test_rules.py -k 'domain_is or bit_for_bit'",
        "tests/test_number_types.py tests/test_primitive.py tests/test_nesting.py",
        "tests/test_rules.py -k 'ulp or as_close'",
        "tests/test_notation.py tests/test_symbolic.py",
        "autograd/engine/rules.py",
    ),
    "autograd/engine/value.py": (
        "tests/test_rules.py -k 'inlined or rows_take'",
        "tests/test_value.py",
        "tests/test_modes.py tests/test_graph.py",
        "tests/test_number_types.py tests/test_compatibility.py tests/test_numpy.py tests/test_functions.py",
        "tests/test_gradients.py tests/test_gradient.py",
        "autograd/engine/value.py",
    ),
    "autograd/engine/partials.py": (
        "tests/test_rules.py -k 'textbook or as_close'",
        "tests/test_zeros.py tests/test_kinds.py",
        "tests/test_higher_derivatives.py",
    ),
    "autograd/engine/special.py": (
        "tests/test_special.py -k 'on_floats'",
        "tests/test_rules.py -k 'as_close or ulp'",
        "tests/test_higher_derivatives.py",
    ),
    "autograd/engine/graph.py": (
        "tests/test_value.py",
        "tests/test_graph.py",
        "tests/test_gradient.py tests/test_gradients.py",
    ),
    "autograd/transforms/derivatives.py": (
        "tests/test_transforms.py",
        "tests/test_nesting.py tests/test_number_types.py",
        "tests/test_numpy.py tests/test_trees.py tests/test_interplay.py",
        "autograd/transforms/derivatives.py",
    ),
    "autograd/transforms/worlds.py": (
        "tests/test_nesting.py tests/test_modes.py",
        "tests/test_transforms.py",
    ),
    "autograd/transforms/ground.py": (
        "tests/test_transforms.py tests/test_nesting.py",
        "tests/test_zeros.py tests/test_modes.py",
    ),
    "autograd/transforms/reverse.py": (
        "tests/test_gradient.py",
        "tests/test_transforms.py",
        "tests/test_nesting.py tests/test_modes.py tests/test_number_types.py",
        "autograd/transforms/reverse.py",
    ),
    "autograd/transforms/forward.py": (
        "tests/test_primitive.py tests/test_gradient.py -k 'whole_number or zeros_and_ones'",
        "tests/test_nesting.py",
        "tests/test_transforms.py",
        "tests/test_gradient.py tests/test_primitive.py",
        "tests/test_number_types.py tests/test_kinds.py tests/test_modes.py",
    ),
    "autograd/transforms/lifted.py": (
        "tests/test_nesting.py",
        "tests/test_transforms.py tests/test_kinds.py",
        "tests/test_number_types.py",
    ),
    "autograd/compiler/passes/fold.py": (
        "tests/compiler/test_passes.py -k 'fold or simplif or uniform_output or data'",
        "tests/compiler/test_passes.py -k 'numpy_computes or words'",
        "tests/compiler/test_vmap.py tests/compiler/test_jit.py",
        "tests/compiler/test_transforms_inside.py",
    ),
    "autograd/compiler/passes/share.py": (
        "tests/compiler/test_passes.py -k 'share or simplif or data'",
        "tests/compiler/test_jit.py tests/compiler/test_vmap.py",
        "autograd/compiler/passes/share.py",
    ),
    "autograd/compiler/passes/prune.py": (
        "tests/compiler/test_passes.py -k 'prune or simplif'",
        "tests/compiler/test_jit.py tests/compiler/test_vmap.py",
        "autograd/compiler/passes/prune.py",
    ),
    "autograd/compiler/passes/flatten.py": (
        "tests/compiler/test_passes.py -k 'flatten or simplif or data'",
        "tests/compiler/test_jit.py tests/compiler/test_vmap.py",
        "autograd/compiler/program.py",
    ),
    "autograd/compiler/passes/place.py": (
        "tests/compiler/test_passes.py -k 'place or words'",
        "tests/compiler/test_vmap.py tests/compiler/test_transforms_inside.py",
    ),
    "autograd/compiler/record/adjoint.py": (
        "tests/compiler/test_adjoint.py",
        "tests/compiler/test_transforms_inside.py",
        "tests/compiler/test_vmap.py tests/compiler/test_jit.py",
    ),
    "autograd/compiler/kernel/lower.py": (
        "tests/compiler/test_lower.py",
        "tests/compiler/test_passes.py -k 'words or rows or slots or data'",
    ),
    "autograd/compiler/kernel/places.py": (
        "tests/compiler/test_lower.py",
        "tests/compiler/test_passes.py -k 'words or rows or slots or data'",
    ),
    "autograd/compiler/kernel/rows.py": (
        "tests/compiler/test_lower.py",
        "tests/compiler/test_passes.py -k 'words or rows or slots or data'",
    ),
    "autograd/compiler/kernel/uniform.py": (
        "tests/compiler/test_lower.py",
        "tests/compiler/test_passes.py -k 'words or rows or slots or data'",
    ),
    "autograd/compiler/kernel/varying.py": (
        "tests/compiler/test_lower.py",
        "tests/compiler/test_passes.py -k 'words or rows or slots or data'",
    ),
    "autograd/compiler/kernel/memory.py": (
        "autograd/compiler/kernel/memory.py",
        "tests/compiler/test_lower.py -k places",
        "tests/compiler/test_passes.py -k slots",
    ),
    "autograd/compiler/passes/rewriting.py": (
        "tests/compiler/test_rewriting.py",
        "tests/compiler/test_passes.py -k 'prune or share or flatten or fold'",
    ),
    "autograd/compiler/passes/verify.py": (
        "tests/compiler/test_verify.py",
        "tests/compiler/test_passes.py -k valid",
    ),
    "autograd/compiler/passes/simplify.py": ("tests/compiler/test_passes.py -k simplif",),
}

# Tests that are left out: they are slow, most because of the sheer size of their graphs.
LEFT_OUT = (
    "tests/test_graph.py::test_a_chain_of_a_million",
    "tests/test_graph.py::test_a_grid_of_a_thousand",
    "tests/test_gradient.py::test_a_long_chain",
    "tests/test_nesting.py::test_a_long_chain",
    "tests/test_gradients.py::test_the_strategy_reaches_every_row",
    "tests/test_symbolic.py::test_any_labels",
    "tests/compiler/test_passes.py::test_a_hundred_thousand_instructions_pass_without_recursion",
    "tests/compiler/test_passes.py::test_a_pass_takes_time_in_proportion_to_the_size",
    "tests/compiler/test_adjoint.py::test_fifty_thousand_instructions_are_differentiated_without_recursion",
    "tests/compiler/test_jit.py::test_the_engine_check_holds_for_compiled_code",
)

# Files of which a sample is tested, drawn at random, always the same, and how many mutants. ``--all`` tests every one.
SAMPLES = {
    "autograd/engine/rules.py": 300,
    "autograd/engine/special.py": 200,
    "autograd/compiler/passes/fold.py": 110,
    "autograd/compiler/record/adjoint.py": 150,
    "autograd/compiler/kernel/rows.py": 60,
    "autograd/compiler/kernel/uniform.py": 50,
    "autograd/compiler/kernel/varying.py": 80,
}

# Operators of cosmic-ray that are left out, as regular expressions: bits and shifts, which occur in no computation here
# (| stands in types only), a minus turned into a plus, ~ or not, and swaps between an order and an identity.
OPERATORS_LEFT_OUT = (
    "core/ReplaceBinaryOperator_.*(Shift|Bit)",
    "core/ReplaceUnaryOperator_USub_(Invert|UAdd|Not)",
    "core/ReplaceComparisonOperator_(Eq|NotEq|Lt|LtE|Gt|GtE)_(Is|IsNot)$",
    "core/ReplaceComparisonOperator_(Is|IsNot)_(Eq|NotEq|Lt|LtE|Gt|GtE)$",
)

SECONDS = 60  # for the tests of one mutant; one that takes longer, because it never ends, is killed
MEMORY = 4 << 30  # bytes, the same
