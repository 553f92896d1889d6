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
    "autograd/compiler/kernel/order.py": ("tests/compiler/test_rounding.py", "tests/compiler/test_lower.py"),
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
    "autograd/compiler/passes/guard.py": (
        "tests/compiler/test_guard.py",
        "tests/compiler/test_conditions.py tests/compiler/test_promises.py",
        "tests/compiler/test_transforms_inside.py tests/test_zeros.py",
        "tests/compiler/test_adjoint.py tests/compiler/test_passes.py -k guard",
        "tests/compiler/test_vmap.py",
    ),
    "autograd/compiler/program.py": (
        "tests/compiler/test_program.py autograd/compiler/program.py",
        "tests/compiler/test_passes.py -k 'valid or simplif'",
        "tests/compiler/test_trace.py",
    ),
    "autograd/compiler/layout.py": (
        "tests/compiler/test_layout.py",
        "tests/compiler/test_jit.py tests/compiler/test_vmap.py",
        "autograd/compiler/layout.py",
    ),
    "autograd/compiler/ieee.py": (
        "autograd/compiler/ieee.py",
        "tests/compiler/test_passes.py -k 'numpy_computes or fold'",
        "tests/compiler/test_backends.py tests/compiler/test_adjoint.py",
    ),
    "autograd/compiler/batch.py": (
        "tests/compiler/test_vmap.py",
        "tests/compiler/test_batches.py tests/compiler/test_transforms_inside.py",
        "tests/test_messages.py autograd/compiler/batch.py",
    ),
    "autograd/compiler/compiled.py": (
        "tests/compiler/test_jit.py",
        "tests/compiler/test_surroundings.py tests/compiler/test_promises.py",
        "autograd/compiler/compiled.py",
    ),
    "autograd/compiler/jitted.py": (
        "tests/compiler/test_jit.py",
        "tests/compiler/test_surroundings.py tests/compiler/test_promises.py",
        "autograd/compiler/jitted.py",
    ),
    "autograd/compiler/backends/backend.py": (
        "tests/compiler/test_backends.py",
        "tests/compiler/test_jit.py tests/compiler/test_surroundings.py",
    ),
    "autograd/compiler/backends/by_numpy.py": ("tests/compiler/test_backends.py", "tests/compiler/test_vmap.py"),
    "autograd/compiler/backends/by_python.py": ("tests/compiler/test_backends.py", "tests/compiler/test_jit.py"),
    "autograd/compiler/backends/finite.py": ("tests/compiler/test_diagnosis.py", "tests/compiler/test_jit.py -k check"),
    "autograd/compiler/diagnosis.py": ("tests/compiler/test_diagnosis.py",),
    "autograd/compiler/record/recording.py": ("tests/compiler/test_diagnosis.py", "tests/compiler/test_jit.py"),
    "autograd/compiler/backends/checked.py": ("tests/compiler/test_jit.py -k check", "tests/compiler/test_backends.py"),
    "autograd/compiler/kernel/disassemble.py": ("tests/compiler/test_disassemble.py", "tests/compiler/test_lower.py"),
    "autograd/compiler/kernel/words.py": (
        "tests/compiler/test_lower.py tests/compiler/test_disassemble.py",
        "tests/compiler/test_passes.py -k 'words or rows or slots or data'",
    ),
    "autograd/compiler/record/listing.py": (
        "tests/compiler/test_samples.py -k picked",
        "tests/compiler/test_trace.py",
        "tests/compiler/test_adjoint.py tests/compiler/test_jit.py",
        "tests/compiler/test_vmap.py tests/compiler/test_batches.py",
    ),
    "autograd/compiler/record/trace.py": (
        "tests/compiler/test_slopes.py",
        "tests/test_zeros.py tests/compiler/test_surroundings.py",
        "tests/compiler/test_trace.py",
        "tests/compiler/test_conditions.py tests/compiler/test_adjoint.py",
        "tests/compiler/test_vmap.py tests/compiler/test_arrays.py tests/test_messages.py",
    ),
    "autograd/compiler/record/local.py": (
        "tests/compiler/test_slopes.py",
        "tests/compiler/test_adjoint.py",
        "tests/compiler/test_transforms_inside.py tests/test_zeros.py",
        "tests/compiler/test_conditions.py",
    ),
    "autograd/compiler/record/guards.py": (
        "tests/compiler/test_guard.py",
        "tests/compiler/test_conditions.py tests/test_zeros.py",
        "tests/compiler/test_adjoint.py tests/compiler/test_transforms_inside.py",
        "tests/compiler/test_promises.py",
    ),
    "autograd/compiler/record/captured.py": ("tests/compiler/test_outside.py", "tests/compiler/test_jit.py"),
    "autograd/compiler/record/effects.py": ("tests/compiler/test_outside.py",),
    "autograd/compiler/record/arguments.py": (
        "tests/compiler/test_layout.py tests/compiler/test_jit.py",
        "tests/compiler/test_promises.py tests/compiler/test_arrays.py",
        "tests/compiler/test_vmap.py tests/test_messages.py",
    ),
    "autograd/compiler/record/results.py": (
        "tests/compiler/test_promises.py tests/compiler/test_layout.py",
        "tests/compiler/test_jit.py tests/compiler/test_vmap.py",
    ),
    "autograd/compiler/record/static.py": (
        "tests/compiler/test_promises.py",
        "tests/compiler/test_jit.py tests/compiler/test_surroundings.py",
    ),
    "autograd/compiler/record/arrays.py": ("tests/compiler/test_arrays.py", "tests/test_messages.py"),
    "autograd/compiler/record/batches.py": (
        "tests/compiler/test_lanes.py",
        "tests/compiler/test_batches.py",
        "tests/compiler/test_vmap.py",
        "tests/compiler/test_arrays.py tests/test_seams.py",
    ),
    "autograd/compiler/record/lanes.py": (
        "tests/compiler/test_lanes.py",
        "tests/compiler/test_batches.py",
        "tests/compiler/test_vmap.py",
        "tests/compiler/test_arrays.py",
    ),
    "autograd/compiler/record/in_lanes.py": (
        "tests/compiler/test_lanes.py",
        "tests/compiler/test_batches.py",
        "tests/compiler/test_vmap.py",
        "tests/compiler/test_arrays.py",
    ),
    "autograd/compiler/record/samples.py": (
        "tests/compiler/test_samples.py",
        "tests/compiler/test_vmap.py",
        "tests/compiler/test_batches.py tests/compiler/test_transforms_inside.py",
    ),
    "autograd/compiler/source/writing.py": ("tests/compiler/test_source.py",),
    "autograd/compiler/source/formulas.py": ("tests/compiler/test_source.py",),
    "autograd/compiler/source/python.py": ("tests/compiler/test_source.py -k python", "tests/compiler/test_source.py"),
    "autograd/compiler/source/c.py": ("tests/compiler/test_source.py",),
    "autograd/compiler/source/javascript.py": ("tests/compiler/test_source.py", "tests/test_page.py"),
    "autograd/compiler/source/returning.py": ("tests/compiler/test_source.py",),
    "autograd/engine/own.py": (
        "tests/test_compatibility.py tests/test_lecture.py",
        "tests/test_value.py tests/test_graph.py",
        "tests/test_nesting.py tests/test_messages.py",
    ),
    "autograd/engine/used.py": (
        "tests/test_used_gradients.py",
        "tests/test_nn.py tests/test_messages.py",
        "tests/test_lecture.py tests/test_training.py",
        "tests/test_compatibility.py",
    ),
    "autograd/engine/parameters.py": ("tests/test_nn.py", "tests/test_lecture.py tests/test_trees.py"),
    "autograd/engine/copying.py": (
        "tests/test_graph.py",
        "tests/test_value.py tests/test_forms.py tests/test_nesting.py",
    ),
    "autograd/engine/modes.py": (
        "tests/test_modes.py",
        "tests/test_messages.py tests/test_seams.py",
        "tests/test_nesting.py tests/test_lecture.py",
    ),
    "autograd/engine/kinds.py": (
        "tests/test_kinds.py",
        "tests/test_number_types.py tests/test_numpy.py",
        "tests/test_rules.py -k 'whole_numbers or extremes'",
        "tests/compiler/test_lanes.py tests/test_seams.py",
    ),
    "autograd/engine/methods.py": (
        "tests/test_functions.py tests/test_value.py",
        "tests/test_rows.py tests/test_forms.py",
    ),
    "autograd/engine/floats.py": ("tests/test_special.py tests/test_rules.py -k 'floats or extremes or ulp'",),
    "autograd/engine/arrays.py": ("tests/test_numpy.py", "tests/test_seams.py tests/test_interplay.py"),
    "autograd/engine/notation.py": ("tests/test_notation.py", "tests/test_symbolic.py tests/test_explanations.py"),
    "autograd/engine/styles.py": ("tests/test_notation.py", "tests/test_symbolic.py tests/test_explanations.py"),
    "autograd/arrays.py": (
        "tests/test_numpy.py tests/test_seams.py",
        "tests/test_numpy_table.py",
        "tests/test_interplay.py tests/compiler/test_arrays.py",
    ),
    "autograd/missing.py": ("tests/test_numpy_table.py", "tests/test_numpy.py tests/compiler/test_arrays.py"),
    "autograd/functions.py": (
        "tests/test_functions.py",
        "tests/test_messages.py tests/test_seams.py",
        "autograd/functions.py",
    ),
    "autograd/numeric.py": ("tests/test_numeric.py", "tests/test_truth_kit.py"),
    "autograd/primitives.py": ("tests/test_primitive.py", "tests/test_rows.py autograd/primitives.py"),
    "autograd/symbolic.py": ("tests/test_symbolic.py",),
    "autograd/transforms/custom.py": (
        "tests/test_custom.py tests/test_joint.py",
        "tests/test_seams.py autograd/transforms/custom.py",
    ),
    "autograd/transforms/joint.py": ("tests/test_joint.py", "tests/test_custom.py tests/test_seams.py"),
    "autograd/transforms/implicit.py": ("tests/test_custom.py", "autograd/transforms/implicit.py"),
    "autograd/transforms/uncertainty.py": (
        "tests/test_joint.py tests/test_custom.py",
        "autograd/transforms/uncertainty.py",
    ),
    "autograd/transforms/inputs.py": (
        "tests/test_trees.py tests/test_transforms.py",
        "tests/test_nesting.py tests/test_seams.py tests/test_messages.py",
    ),
    "autograd/transforms/trees.py": ("tests/test_trees.py", "tests/test_transforms.py tests/compiler/test_layout.py"),
    "autograd/transforms/run.py": (
        "tests/test_transforms.py tests/test_messages.py",
        "tests/test_nesting.py tests/test_seams.py",
    ),
    "autograd/transforms/operators.py": (
        "tests/test_nesting.py",
        "tests/test_number_types.py tests/compiler/test_trace.py",
    ),
    "autograd/testing/expression.py": ("tests/test_expressions_kit.py", "autograd/testing/expression.py"),
    "autograd/testing/points.py": ("tests/test_expressions_kit.py tests/test_expressions_measured.py",),
    "autograd/testing/several.py": ("tests/test_expressions_kit.py",),
    "autograd/testing/strategies.py": ("tests/test_expressions_kit.py", "tests/test_expressions_measured.py"),
    "autograd/testing/zoo/animals.py": ("tests/test_homework.py",),
    "autograd/testing/zoo/command.py": ("tests/test_homework.py",),
    "autograd/testing/zoo/engine.py": ("tests/test_homework.py",),
    "autograd/testing/zoo/run.py": ("tests/test_homework.py",),
    "autograd/testing/sweep.py": ("tests/test_expressions_kit.py tests/test_truth_kit.py",),
    "autograd/testing/gradients/truth.py": ("tests/test_truth_kit.py", "tests/test_gradcheck.py"),
    "autograd/testing/gradients/extrapolation.py": ("tests/test_numeric.py tests/test_truth_kit.py",),
    "autograd/testing/gradients/precision.py": ("tests/test_truth_kit.py", "tests/test_gradcheck.py"),
    "autograd/testing/gradients/check.py": ("tests/test_gradcheck.py", "autograd/testing/gradients/check.py"),
    "autograd/testing/gradients/hints.py": ("tests/test_gradcheck.py",),
    "autograd/testing/gradients/report.py": ("tests/test_gradcheck.py",),
    "autograd/testing/judge/trials/exact.py": ("tests/test_expressions_kit.py", "tests/test_check_engine.py"),
    "autograd/testing/judge/trials/trial.py": ("tests/test_check_engine.py", "tests/test_check_verdicts.py"),
    "autograd/testing/judge/trials/transcript.py": ("tests/test_check_engine.py tests/test_check_report.py",),
    "autograd/testing/judge/trials/variants.py": ("tests/test_check_engine.py",),
    "autograd/testing/judge/trials/search.py": ("tests/test_check_engine.py tests/test_check_verdicts.py",),
    "autograd/testing/judge/properties/arithmetic.py": ("tests/test_check_engine.py", "tests/test_check_verdicts.py"),
    "autograd/testing/judge/properties/backpropagation.py": (
        "tests/test_check_engine.py",
        "tests/test_check_verdicts.py",
    ),
    "autograd/testing/judge/properties/edges.py": ("tests/test_check_engine.py", "tests/test_check_verdicts.py"),
    "autograd/testing/judge/properties/repeated_backward.py": (
        "tests/test_check_engine.py",
        "tests/test_check_verdicts.py",
    ),
    "autograd/testing/judge/properties/scale.py": ("tests/test_check_engine.py", "tests/test_check_verdicts.py"),
    "autograd/testing/judge/subject/definitions.py": ("tests/test_check_verdicts.py",),
    "autograd/testing/judge/subject/engines.py": ("tests/test_check_engine.py", "tests/test_check_verdicts.py"),
    "autograd/testing/judge/running/run.py": ("tests/test_check_engine.py", "tests/test_check_verdicts.py"),
    "autograd/explanations/algebra.py": ("tests/test_explanations.py", "autograd/explanations/algebra.py"),
    "autograd/explanations/arithmetic.py": ("tests/test_typed_expressions.py", "autograd/explanations/arithmetic.py"),
    "autograd/explanations/cells.py": ("tests/test_sheet.py",),
    "autograd/explanations/derivation.py": ("tests/test_explanations.py",),
    "autograd/explanations/explaining.py": ("tests/test_explanations.py",),
    "autograd/explanations/replay.py": ("tests/test_exercise.py tests/test_sheet.py",),
    "autograd/explanations/row.py": ("tests/test_explanations.py",),
    "autograd/explanations/sheet.py": ("tests/test_sheet.py",),
    "autograd/explanations/stations.py": ("tests/test_explanations.py",),
    "autograd/explanations/exercises/mistakes.py": ("tests/test_exercise.py",),
    "autograd/explanations/exercises/questions.py": ("tests/test_exercise.py",),
    "autograd/pages/story.py": ("tests/test_page.py",),
    "autograd/pages/recompute.py": ("tests/test_page.py",),
    "autograd/views/expression.py": ("tests/test_notation.py", "tests/test_explanations.py"),
    "autograd/views/formula.py": ("tests/test_notation.py", "autograd/views/formula.py"),
    "nn/attention.py": ("tests/test_training.py tests/test_demo_gpt.py", "nn/attention.py"),
    "nn/blocks.py": ("tests/test_training.py tests/test_nn.py", "nn/blocks.py"),
    "nn/functional.py": ("tests/test_training.py", "tests/test_nn.py nn/functional.py"),
    "nn/initialisers.py": ("tests/test_nn.py tests/test_training.py", "nn/initialisers.py"),
    "nn/layers.py": ("tests/test_nn.py", "tests/test_training.py nn/layers.py"),
    "nn/losses.py": ("tests/test_nn.py", "tests/test_training.py tests/test_messages.py nn/losses.py"),
    "nn/module.py": ("tests/test_nn.py", "tests/test_training.py nn/module.py"),
    "nn/optim.py": ("tests/test_nn.py", "tests/test_training.py nn/optim.py"),
    "nn/export.py": ("tests/test_training.py tests/test_nn.py",),
    "nn/sklearn.py": ("tests/test_sklearn.py",),
    "nn/training/checkpoint.py": ("tests/test_checkpoints.py", "tests/test_training.py"),
    "nn/training/data.py": ("tests/test_training.py", "nn/training/data.py"),
    "nn/training/diverged.py": ("tests/test_training.py",),
    "nn/training/fit.py": ("tests/test_training.py", "nn/training/fit.py"),
    "nn/training/position.py": ("tests/test_training.py tests/test_checkpoints.py",),
    "nn/training/steps.py": ("tests/test_training.py", "tests/test_checkpoints.py"),
    "nn/training/trainer.py": ("tests/test_training.py", "tests/test_checkpoints.py nn/training/trainer.py"),
    "nn/w8/calculation.py": ("tests/test_w8.py",),
    "nn/w8/network.py": ("tests/test_w8.py", "nn/w8/network.py"),
    "nn/w8/study.py": ("tests/test_demos.py -k study", "tests/test_w8.py"),
}

# Files of which no mutant is tested: no number comes from them. A fault there is seen: in a picture or another form
# of a text, at the command line, in a process that ends; or it is what mypyc, a C compiler or a browser looks at.
NOT_TRIED = (
    "autograd/__main__.py",
    "autograd/compiler/backends/by_kernel.py",  # the tests of mutants run without the compiled kernel
    "autograd/compiler/kernel/build.py",
    "autograd/compiler/kernel/declare.py",
    "autograd/compiler/kernel/library.py",
    "autograd/compiler/locks.py",
    "autograd/engine/collector.py",
    "autograd/errors.py",
    "autograd/explanations/command.py",
    "autograd/explanations/exercises/exercise.py",
    "autograd/explanations/exercises/moodle.py",
    "autograd/explanations/exercises/paper.py",
    "autograd/explanations/exercises/prairielearn.py",
    "autograd/explanations/explanation.py",
    "autograd/explanations/lines.py",
    "autograd/files.py",
    "autograd/numpy.py",
    "autograd/pages/document.py",
    "autograd/pages/picture.py",
    "autograd/testing/judge/check.py",
    "autograd/testing/judge/command.py",
    "autograd/testing/judge/findings/page.py",
    "autograd/testing/judge/findings/report.py",
    "autograd/testing/judge/findings/rows.py",
    "autograd/testing/judge/profile.py",
    "autograd/testing/judge/properties/table.py",  # names and sentences
    "autograd/testing/judge/results.py",
    "autograd/testing/judge/running/isolation.py",
    "autograd/testing/judge/running/worker.py",
    "autograd/testing/judge/subject/loading.py",
    "autograd/testing/judge/subject/spelling.py",
    "autograd/testing/pytest_plugin.py",
    "autograd/views/dot.py",
    "autograd/views/jupyter.py",
    "autograd/views/passes.py",
    "autograd/views/render.py",
    "autograd/views/select.py",
    "autograd/views/text.py",
    "nn/history.py",
    "nn/picture.py",
    "nn/plots.py",
    "nn/training/progress.py",
)

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

# Of each file a sample is tested, drawn at random, always the same: so many mutants, or another number where many lines
# matter. ``--most N`` makes the samples smaller, ``--all`` tests every mutant.
MOST = 100
EVERY = 10_000
SAMPLES = {
    "autograd/engine/rules.py": 300,
    "autograd/engine/partials.py": 300,
    "autograd/engine/special.py": 200,
    "autograd/engine/value.py": EVERY,
    "autograd/engine/graph.py": EVERY,
    "autograd/transforms/derivatives.py": EVERY,
    "autograd/transforms/reverse.py": EVERY,
    "autograd/transforms/forward.py": EVERY,
    "autograd/compiler/passes/fold.py": 110,
    "autograd/compiler/passes/flatten.py": EVERY,
    "autograd/compiler/passes/verify.py": EVERY,
    "autograd/compiler/record/adjoint.py": 150,
    "autograd/compiler/kernel/lower.py": EVERY,
    "autograd/compiler/kernel/places.py": EVERY,
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

# For the tests of one mutant, whichever is more: seconds, and times as long as without a mutation. One that takes
# longer, because it never ends, is killed. Without a mutation nothing takes longer than the longest.
SECONDS = 60
TIMES = 5
LONGEST = 1200
MEMORY = 4 << 30  # bytes, the same
