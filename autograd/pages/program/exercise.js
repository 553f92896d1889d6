// --- Exercise ---

/** The numbers whose gradients are asked for, in the order of the backward pass. */
function askedFor() {
    const labelled = entries.filter((entry, e) => entry.label && e !== last).length > 0;
    const inOrder = [];
    for (let e = last - 1; e >= 0; e--) if (uses[e].length && (!labelled || entries[e].label)) inOrder.push(e);
    return inOrder;
}

function ask() {
    const box = $("ask"), e = asked.find(place => !state.answered.has(place));
    $("score").hidden = false;
    $("score").textContent = `${state.answered.size} of ${asked.length} found, ${state.tried} wrong`;
    box.hidden = false;
    if (e === undefined) {
        box.replaceChildren(paragraph("All gradients are there. Step through the backward pass, or change a number.", "right"));
        $("slider").max = END;
        return;
    }
    const form = document.createElement("form"), label = document.createElement("label");
    const input = document.createElement("input"), verdict = paragraph(""), hints = document.createElement("div");
    verdict.setAttribute("role", "status");
    label.append(math(slope(last, e) + equals + "<mo>?</mo>"), input);
    input.type = "text";
    input.inputMode = "decimal";
    input.setAttribute("aria-label", `the derivative of ${entries[last].words} by ${entries[e].words}`);
    const check = button("Check", "submit"), hint = button("Hint"), tell = button("Tell me");
    form.append(label, check, hint, tell);
    form.addEventListener("submit", event => {
        event.preventDefault();
        const answer = number(input.value);
        if (Number.isNaN(answer)) { verdict.textContent = "That is no number."; return; }
        if (isRight(answer, grads[e])) { found(e); return; }
        state.tried += 1;
        $("score").textContent = `${state.answered.size} of ${asked.length} found, ${state.tried} wrong`;
        verdict.className = "wrong";
        verdict.textContent = diagnosis(e, answer);
    });
    hint.addEventListener("click", () => hints.replaceChildren(math(slope(last, e) + equals
        + uses[e].map(([user]) => slope(last, user) + times + slope(user, e)).join("<mo>+</mo>")),
    ...uses[e].filter(([user, position]) => entries[user].operands[position][2])
        .map(([user, position]) => math(slope(user, e) + equals + entries[user].operands[position][2]))));
    tell.addEventListener("click", () => found(e));
    box.replaceChildren(paragraph("Three digits are enough.", "muted"), form, verdict, hints);
    letScroll(box);
    input.focus();
}

function button(text, type = "button") {
    const made = document.createElement("button");
    made.type = type;
    made.textContent = text;
    return made;
}

function found(e) {
    state.answered.add(e);
    show();
    ask();
}

/** Right to three significant digits. */
function isRight(answer, truth) {
    if (truth === 0) return Math.abs(answer) < 5e-4;
    return Math.abs(answer - truth) <= 0.5 * 10 ** (Math.floor(Math.log10(Math.abs(truth))) - 2);
}

/** What kind of wrong it is, if it is one that people make. */
function diagnosis(e, answer) {
    const truth = grads[e], terms = uses[e].map(([user, position]) => contribution(user, position));
    if (isRight(-answer, truth)) return "The sign is wrong.";
    if (isRight(answer / 2, truth) || isRight(answer * 2, truth)) return "It is off by a factor of 2.";
    if (terms.length > 1 && terms.some(t => isRight(answer, truth - t))) return "A use is missing: add up all paths to the output.";
    if (terms.length > 1 && isRight(answer, terms.reduce((a, b) => a * b, 1))) return "The contributions are added, not multiplied.";
    for (const [user, position] of uses[e]) {
        if (isRight(answer, grads[user])) return `The local derivative of ${entries[user].words} by it is missing.`;
        if (isRight(answer, partial(user, position))) return `That is the local derivative; times the gradient of ${entries[user].words} it is the answer.`;
        if (isRight(answer, grads[user] * values[user])) return `The local derivative of ${entries[user].words} by it isn't its value.`;
    }
    if (isRight(answer, values[e])) return "That is its value, not its gradient.";
    for (const power of [-3, -2, -1, 1, 2, 3]) if (isRight(answer * 10 ** power, truth)) return "The decimal point is in another place.";
    return "That isn't it.";
}
