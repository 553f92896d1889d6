// --- One number ---

/** name = formula, unless the name is the formula. */
const named = e => name(e) === entries[e].formula ? name(e) : name(e) + equals + entries[e].formula;

/** One contribution: ∂out/∂e · ∂e/∂a, with its numbers. */
function term(e, position, isNow) {
    const [place, , formula, numbers] = entries[e].operands[position];
    const box = document.createElement("div");
    box.className = `term${isNow ? " now" : ""}`;
    const d = inMath(partial(e, position)), steps = [slope(e, place), formula, numbers, d].filter(Boolean);
    box.append(math(steps.filter((text, i) => i === 0 || text !== steps[i - 1]).join(equals)));
    const whole = (e === last ? "" : slope(last, e) + times) + slope(e, place);
    const product = e === last ? "" : equals + inMath(grads[e]) + times + inMath(partial(e, position), true);
    if (e !== last) box.append(math(whole + product + equals + inMath(contribution(e, position))));
    return box;
}

/** What the uses have passed back so far, term by term, and its sum. */
function termsSoFar(e) {
    const arrived = uses[e].filter(([user]) => hasPassed(user, state.step));
    const terms = arrived.map(([user, position], i) => inMath(contribution(user, position), i > 0)).join("<mo>+</mo>");
    const missing = arrived.length < uses[e].length ? "<mo>+</mo><mo>…</mo>" : "";
    return terms + missing + (arrived.length > 1 ? equals + inMath(partialSum(e)) + missing : "");
}

/** All about one number: where it comes from, and its gradient as the sum over its uses. */
function portrait(e) {
    const box = document.createElement("section"), entry = entries[e];
    const title = document.createElement("h2");
    title.textContent = entry.words;
    box.append(title);
    if (e < first) box.append(editor(e));
    else if (knowsValue(e, state.step)) box.append(math(named(e) + equals + entry.numbers + equals + inMath(values[e])));
    else box.append(math(named(e)), paragraph("not computed yet", "muted"));
    const arrived = uses[e].filter(([user]) => hasPassed(user, state.step));
    if (arrived.length) {
        const sum = uses[e].map(([user]) => slope(last, user) + times + slope(user, e)).join("<mo>+</mo>");
        const sums = arrived.map(([user, position], i) => inMath(contribution(user, position), i > 0)).join("<mo>+</mo>");
        const total = arrived.length > 1 ? equals + sums : "";
        box.append(math(slope(last, e) + equals + sum), math(slope(last, e) + total + equals + inMath(partialSum(e))));
        if (arrived.length < uses[e].length) {
            box.append(paragraph(`${arrived.length} of its ${uses[e].length} uses have passed back so far.`, "muted"));
        }
    }
    if (uses[e].length) {
        box.append(paragraph(`used by ${uses[e].map(([user]) => entries[user].words).join(", ")}`, "users"));
    }
    if (e < first) box.append(checker(e));
    return box;
}

function editor(e) {
    const label = document.createElement("label"), input = document.createElement("input");
    label.textContent = "its number ";
    input.type = "text";
    input.inputMode = "decimal";
    input.value = state.leaves[e];
    input.dataset.leaf = e;
    label.append(input);
    return label;
}

/** Finite differences: what changes if the leaf is a little larger, and a little smaller. */
function checker(e) {
    const box = document.createElement("p"), button = document.createElement("button");
    box.className = "check";
    button.textContent = "Check this gradient";
    button.addEventListener("click", () => {
        const h = 6e-6 * Math.max(1, Math.abs(state.leaves[e]));
        const [above, below] = [h, -h].map(d => output(state.leaves.map((x, i) => i === e ? x + d : x)));
        const difference = (above - below) / (2 * h), digits = story.digits + 5;
        const lines = [
            `with ${entries[e].words} larger by ${shortened(h, 2)}: ${shortened(above, digits)}`,
            `smaller by as much: ${shortened(below, digits)}`,
            `their difference by ${shortened(2 * h, 2)}: ${shortened(difference, 8)}`,
            `by the chain rule: ${shortened(grads[e], 8)}`,
        ].map(line => paragraph(line));
        box.replaceChildren(button, ...lines);
    });
    box.append(button);
    return box;
}
