/* The page: state, what is shown of it, and what the reader does. compute(leaves) stands above: it gives the values of
   all operations, and then, operation by operation, the local derivatives by their operands. */

const story = JSON.parse(document.getElementById("story").textContent);
const entries = story.entries, first = story.leaves, last = entries.length - 1, many = entries.length - first;
const SEED = many + 1, END = 2 * many + 1;  // steps: 0, the operations, the seed, the operations backwards
const given = entries.slice(0, first).map(entry => entry.value);
const uses = entries.map(() => []);  // of each number: [operation, position]
const starts = [];  // of each operation's local derivatives
let room = many;
entries.forEach((entry, e) => {
    starts.push(room);
    if (e >= first) {
        entry.operands.forEach(([place], position) => { if (place >= 0) uses[place].push([e, position]); });
        room += entry.operands.length;
    }
});
const asked = story.exercise ? askedFor() : [];
const state = {leaves: given.slice(), step: 0, selected: -1, answered: new Set(), right: 0, tried: 0, path: []};
let values = [], partials = [], grads = [], playing = 0;

const $ = id => document.getElementById(id);
const partial = (e, position) => partials[starts[e] + position - many];

// --- Computing ---

function recompute() {
    const numbers = compute(state.leaves);
    values = state.leaves.concat(numbers.slice(0, many));
    partials = numbers.slice(many);
    grads = entries.map(() => 0);
    grads[last] = 1;
    for (let e = last; e >= first; e--) {
        entries[e].operands.forEach(([place], position) => {
            if (place >= 0) grads[place] += contribution(e, position);
        });
    }
}

/** What operation e passes back to that operand; a local derivative of 0 stops whatever comes. */
function contribution(e, position) {
    const d = partial(e, position);
    return d === 0 ? 0 : grads[e] * d;
}

const output = leaves => { const numbers = compute(leaves); return first > last ? leaves[last] : numbers[many - 1]; };
const knowsValue = (e, step) => e < first || e - first < step;
const hasPassed = (e, step) => step > SEED && last - e < step - SEED;  // an operation, backwards
const exercising = () => story.exercise && state.answered.size < asked.length;
const knowsGrad = e => exercising() ? e === last || state.answered.has(e)
    : e === last ? state.step >= SEED : uses[e].length > 0 && uses[e].some(([user]) => hasPassed(user, state.step));

// --- Writing numbers ---

function shortened(x, digits = story.digits) {
    if (!Number.isFinite(x)) return Number.isNaN(x) ? "NaN" : x > 0 ? "∞" : "−∞";
    const text = String(Number(x.toPrecision(digits)) || 0);
    return text.replace(/-/g, "−").replace("e+", "e");
}

/** A number as MathML; with brackets if it is negative and needs them. */
function inMath(x, brackets) {
    const [mantissa, exponent] = shortened(Math.abs(x)).split("e");
    let text = Number.isNaN(x) ? "<mtext>NaN</mtext>" : `<mn>${mantissa}</mn>`;
    if (exponent) text += `<mo>⋅</mo><msup><mn>10</mn><mn>${exponent}</mn></msup>`;
    if (x < 0) text = `<mo>−</mo>${text}`;
    return brackets && x < 0 ? `<mo>(</mo>${text}<mo>)</mo>` : text;
}

/** A line of MathML with the numbers put in. */
function math(text) {
    const box = document.createElement("div");
    box.className = "line";
    box.innerHTML = `<math display="block"><mrow>${text}</mrow></math>`;
    for (const place of box.querySelectorAll("[data-n]")) {
        const follows = place.previousElementSibling || place.parentElement.localName === "msup";
        const e = Number(place.dataset.n);
        place.innerHTML = inMath(values[e], Boolean(follows));
    }
    return box;
}

const name = e => entries[e].name;
const slope = (e, by) => e === by && e !== last ? "<mn>1</mn>" : `<mfrac><mrow><mo>∂</mo>${inBrackets(e)}</mrow><mrow><mo>∂</mo>${inBrackets(by)}</mrow></mfrac>`;
const inBrackets = e => /^<m(row|sup|frac)/.test(name(e)) ? `<mo>(</mo>${name(e)}<mo>)</mo>` : name(e);
const equals = "<mo>=</mo>", times = "<mo>⋅</mo>";

function paragraph(text, kind = "") {
    const box = document.createElement("p");
    box.textContent = text;
    box.className = kind;
    return box;
}

// --- What is shown ---

function show() {
    drawPicture();
    drawTable();
    explain();
    $("slider").value = state.step;
    $("phase").textContent = phase();
    for (const id of ["back", "next"]) $(id).disabled = id === "back" ? state.step === 0 : state.step >= farthest();
    remember();
}

const farthest = () => exercising() ? many : END;

function phase() {
    if (state.step === 0) return "the leaves are given";
    if (state.step <= many) return `forward, ${state.step} of ${many}`;
    return state.step === SEED ? "backward begins" : `backward, ${state.step - SEED} of ${many}`;
}

/** The operation whose turn it is, or -1. */
const current = () => state.step === 0 ? -1
    : state.step <= many ? first + state.step - 1 : state.step === SEED ? last : last - (state.step - SEED - 1);

function drawPicture() {
    const now = current(), backward = state.step > SEED;
    entries.forEach((entry, e) => {
        const known = knowsValue(e, state.step), node = $(`n${e}`);
        node.classList.toggle("unknown", !known);
        node.classList.toggle("now", e === now);
        node.classList.toggle("near", now >= first && entries[now].operands.some(([place]) => place === e));
        node.classList.toggle("selected", e === state.selected);
        texts.value[e].textContent = known ? shortened(values[e]) : "";
        texts.grad[e].textContent = knowsGrad(e) ? `∂ ${shortened(partialSum(e))}` : "";
        node.setAttribute("aria-label", `${entry.words}${known ? `, ${shortened(values[e])}` : ""}`);
        entry.operands.forEach(([place], position) => {
            if (place < 0) return;
            const shown = exercising() ? state.answered.has(place) : hasPassed(e, state.step);
            texts.edge[`${e}_${position}`].textContent = shown ? shortened(partial(e, position)) : "";
            $(`e${e}_${position}`).classList.toggle("now", e === now && (backward || state.step <= many));
        });
    });
}

/** The gradient as far as it has arrived. */
function partialSum(e) {
    if (exercising() || e === last) return grads[e];
    return uses[e].filter(([user]) => hasPassed(user, state.step))
        .reduce((sum, [user, position]) => sum + contribution(user, position), 0);
}

function drawTable() {
    const now = current();
    rows.forEach((row, e) => {
        row.classList.toggle("now", e === now);
        row.classList.toggle("selected", e === state.selected);
        const cell = row.cells[2];
        if (e >= first) cell.textContent = knowsValue(e, state.step) ? shortened(values[e]) : "";
        else if (document.activeElement !== cell.firstChild) cell.firstChild.value = state.leaves[e];
        row.cells[3].textContent = knowsGrad(e) ? shortened(partialSum(e)) : "";
    });
}

function explain() {
    const told = document.createDocumentFragment(), now = current();
    let said = "";
    if (now < 0) {
        told.append(paragraph("The leaves are given. Step on, with → or the button: each operation is computed, and then, "
            + "backwards, the derivative of the output by each number."));
    } else if (state.step <= many) {
        const entry = entries[now];
        told.append(paragraph(`Forward: ${entry.words}`));
        if (named(now) !== name(now)) told.append(math(named(now)));
        told.append(math(name(now) + equals + entry.numbers + equals + inMath(values[now])));
        said = `Forward, step ${state.step}: ${entry.words} is ${shortened(values[now])}.`;
    } else if (state.step === SEED) {
        told.append(paragraph("Backward begins: the derivative of the output by itself is 1."));
        told.append(math(slope(last, last) + equals + "<mn>1</mn>"));
        said = "Backward begins: the gradient of the output is 1.";
    } else {
        told.append(paragraph(`Backward: ${entries[now].words} passes its gradient on, times the local derivative.`));
        const passed = [];
        entries[now].operands.forEach(([place], position) => {
            if (place < 0) return;
            told.append(term(now, position, true));
            passed.push(`${entries[place].words} gets ${shortened(contribution(now, position))}`);
        });
        said = `Backward: ${entries[now].words}: ${passed.join(", ")}.`;
    }
    if (state.selected >= 0 && !exercising()) told.append(portrait(state.selected));
    if (!$("told").contains(document.activeElement)) $("told").replaceChildren(told);
    if (said !== explain.said) $("said").textContent = explain.said = said;
}

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

// --- What the reader does ---

const number = text => text.trim() === "" ? NaN : Number(text.replace("−", "-").replace(",", "."));

function go(step) {
    state.step = Math.max(0, Math.min(farthest(), Math.round(step)));
    show();
}

function stop() {
    clearInterval(playing);
    playing = 0;
    $("play").textContent = "Play";
}

function play() {
    if (playing) { stop(); return; }
    if (state.step >= farthest()) go(0);
    $("play").textContent = "Pause";
    playing = setInterval(() => { go(state.step + 1); if (state.step >= farthest()) stop(); }, 900);
}

function select(e) {
    state.selected = state.selected === e ? -1 : e;
    if ($("told").contains(document.activeElement)) document.activeElement.blur();
    show();
    if (e < first && state.selected >= 0) {
        const input = $("told").querySelector("input");
        if (input) input.select();
    }
}

function change(e, x) {
    state.leaves[e] = x;
    state.path = [];
    recompute();
    show();
    drawCurve();
}

function descend(steps) {
    const rate = number($("rate").value);
    if (!(rate >= 0)) { $("descended").textContent = "The learning rate is a number from 0 on."; return; }
    if (!state.path.length) state.path.push(values[last]);
    const before = values[last];
    for (let i = 0; i < steps; i++) {
        const slopes = story.trained.map(e => grads[e]);
        story.trained.forEach((e, k) => { state.leaves[e] -= rate * slopes[k]; });
        recompute();
        state.path.push(values[last]);
    }
    $("descended").textContent = `${entries[last].words}: ${shortened(before)} → ${shortened(values[last])} `
        + `(${state.path.length - 1} step${state.path.length === 2 ? "" : "s"})`;
    show();
    drawCurve();
}

function drawCurve() {
    const finite = state.path.filter(Number.isFinite), top = Math.max(...finite, 0), low = Math.min(...finite, 0);
    const x = i => 8 + 284 * i / Math.max(1, state.path.length - 1), y = v => 104 - 88 * (v - low) / (top - low || 1);
    if (state.path.length < 2) { $("curve").replaceChildren(); return; }
    const line = state.path.map((v, i) => Number.isFinite(v) ? `${x(i).toFixed(1)},${y(v).toFixed(1)}` : "").filter(Boolean);
    $("curve").innerHTML = `<line x1="8" x2="292" y1="${y(0)}" y2="${y(0)}"/><path d="M${line.join("L")}"/>`
        + `<text x="8" y="12">${shortened(top, 3)}</text><text x="8" y="118">${shortened(low, 3)}</text>`
        + `<text x="292" y="118" text-anchor="end">step ${state.path.length - 1}</text>`;
}

/** The state as the address: a link to this moment. */
function remember() {
    const parts = [`step=${state.step}`];
    state.leaves.forEach((x, e) => { if (!Object.is(x, given[e])) parts.push(`${address(e)}=${x}`); });
    if (state.selected >= 0) parts.push(`select=${address(state.selected)}`);
    const wanted = `#${parts.join("&")}`;
    if (wanted !== location.hash) history.replaceState(null, "", wanted);
}

/** What a number is called in the address: by its label if that says which. */
function address(e) {
    const label = entries[e].label, clear = label && !/^(step|select|n\d+)$/.test(label);
    return clear && entries.findIndex(entry => entry.label === label) === e ? encodeURIComponent(label) : `n${e}`;
}

function place(text) {
    const wanted = /^n\d+$/.test(text) ? Number(text.slice(1))
        : entries.findIndex(entry => entry.label === decodeURIComponent(text));
    return wanted <= last ? wanted : -1;
}

function restore() {
    state.leaves = given.slice();
    state.selected = -1;
    let step = 0;
    for (const part of location.hash.slice(1).split("&")) {
        const [key, value = ""] = part.split("=");
        try {
            if (key === "step") step = Number(value) || 0;
            else if (key === "select") state.selected = place(value);
            else if (key && place(key) >= 0 && place(key) < first && !Number.isNaN(number(value))) {
                state.leaves[place(key)] = number(value);
            }
        } catch (error) {
            if (!(error instanceof URIError)) throw error;  // somebody's mistyped link: that part is left out
        }
    }
    recompute();
    go(step);
}

// --- Beginning ---

const texts = {value: [], grad: [], edge: {}};
for (const text of document.querySelectorAll(".stage svg text")) {
    if (text.dataset.value) texts.value[text.dataset.value] = text;
    if (text.dataset.grad) texts.grad[text.dataset.grad] = text;
    if (text.dataset.edge) texts.edge[text.dataset.edge] = text;
}
entries.forEach((entry, e) => entry.operands.forEach(([by], position) => {
    const key = `${e}_${position}`, path = by >= 0 && !texts.edge[key] ? $(`e${key}`).querySelector("path") : null;
    if (!path) return;
    const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
    const {x, y} = path.getPointAtLength(path.getTotalLength() / 2);
    for (const [attribute, value] of Object.entries({x, y, "text-anchor": "middle", "font-size": 10, "data-edge": key})) {
        text.setAttribute(attribute, value);
    }
    path.parentElement.append(text);
    texts.edge[key] = text;
}));
const rows = entries.map((entry, e) => {
    const row = $("table").tBodies[0].insertRow();
    const label = button(entry.words);
    label.className = "name";
    label.addEventListener("click", () => select(e));
    row.insertCell().append(label);
    row.insertCell().append(e < first ? "given" : math(entry.formula).firstChild);
    const cell = row.insertCell();
    if (e < first) {
        const input = document.createElement("input");
        input.type = "text";
        input.inputMode = "decimal";
        input.dataset.leaf = e;
        input.setAttribute("aria-label", `the number of ${entry.words}`);
        cell.append(input);
    }
    row.insertCell().className = "grad";
    return row;
});
entries.forEach((entry, e) => {
    const node = $(`n${e}`);
    node.setAttribute("tabindex", "0");
    node.setAttribute("role", "button");
    node.addEventListener("click", () => select(e));
    node.addEventListener("keydown", event => { if (event.key === "Enter") { event.preventDefault(); select(e); } });
    if (story.lit && !story.lit.includes(e)) node.classList.add("faded");
    entry.operands.forEach(([by], position) => {
        const edge = by >= 0 ? $(`e${e}_${position}`) : null;
        if (edge && story.lit && !(story.lit.includes(e) && story.lit.includes(by))) edge.classList.add("faded");
        if (edge) edge.addEventListener("click", () => select(e));
    });
});
document.addEventListener("input", event => {
    const leaf = event.target.dataset.leaf;
    if (leaf === undefined) return;
    const x = number(event.target.value);
    event.target.setAttribute("aria-invalid", String(Number.isNaN(x)));
    if (!Number.isNaN(x)) change(Number(leaf), x);
});
document.addEventListener("focusin", event => {
    if (event.target.dataset.leaf !== undefined) event.target.dataset.before = event.target.value;
});
document.addEventListener("keydown", event => {
    const target = event.target, leaf = target.dataset ? target.dataset.leaf : undefined;
    if (event.key === "Escape" && leaf !== undefined) {
        target.value = target.dataset.before;
        target.blur();
        change(Number(leaf), number(target.value));
        return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || /^(INPUT|TEXTAREA)$/.test(target.tagName)) {
        if (target.id !== "slider") return;
    }
    const step = {ArrowLeft: state.step - 1, ArrowRight: state.step + 1, Home: 0, End: END}[event.key];
    if (step !== undefined) { event.preventDefault(); stop(); go(step); }
    else if (event.key === " " && target.tagName !== "BUTTON") { event.preventDefault(); play(); }
});
$("slider").max = END;
$("slider").addEventListener("input", event => { stop(); go(Number(event.target.value)); });
$("back").addEventListener("click", () => { stop(); go(state.step - 1); });
$("next").addEventListener("click", () => { stop(); go(state.step + 1); });
$("play").addEventListener("click", play);
$("reset").addEventListener("click", () => { stop(); state.path = []; history.replaceState(null, "", "#"); restore(); drawCurve(); $("descended").textContent = ""; });
$("descent").addEventListener("submit", event => { event.preventDefault(); descend(1); });
$("many").addEventListener("click", () => descend(100));
window.addEventListener("hashchange", restore);
document.querySelector(".stage").style.setProperty("--least", `${Math.min(1800, document.querySelector(".stage svg").viewBox.baseVal.width * 0.62)}px`);
restore();
if (story.exercise) ask();
