// --- What is shown ---

function show() {
    drawPicture();
    drawNetwork();
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
    const near = new Set(now >= first ? entries[now].operands.map(([place]) => place) : []);
    entries.forEach((entry, e) => {
        const known = knowsValue(e, state.step), node = nodes[e];
        if (node) {
            node.classList.toggle("unknown", !known);
            node.classList.toggle("now", e === now);
            node.classList.toggle("near", near.has(e));
            node.classList.toggle("selected", e === state.selected);
            const changed = write(texts.value[e], known ? shortened(values[e]) : "");
            if (write(texts.grad[e], knowsGrad(e) ? `∂ ${shortened(partialSum(e))}` : "") || changed || !node.hasAttribute("aria-label")) {
                node.setAttribute("aria-label", spoken(node, entry.words));
            }
        }
        entry.operands.forEach(([place], position) => {
            const edge = edges[`${e}_${position}`];
            if (!edge) return;
            const shown = exercising() ? state.answered.has(place) : hasPassed(e, state.step);
            write(texts.edge[`${e}_${position}`], shown ? shortened(partial(e, position)) : "");
            edge.classList.toggle("now", e === now && (backward || state.step <= many));
        });
    });
    if (story.folded) drawFolds(now);
}

/** Write a text, if it is another than before. */
function write(element, text) {
    if (element.textContent === text) return false;
    element.textContent = text;
    return true;
}

/** What is written on something in a picture, and what it is called beside that. */
function spoken(group, words) {
    const text = [...group.querySelectorAll("text")].map(line => line.textContent.trim()).filter(Boolean).join(" ");
    return text.includes(words) ? text : `${text}, ${words}`;
}

/** Lines that are too long can be scrolled by keyboard, too. */
function letScroll(box) {
    for (const line of box.querySelectorAll(".line")) {
        if (line.scrollWidth <= line.clientWidth) continue;
        line.tabIndex = 0;
        line.setAttribute("role", "group");
        line.setAttribute("aria-label", "a long formula");
    }
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
        if (e >= first) write(cell, knowsValue(e, state.step) ? shortened(values[e]) : "");
        else if (document.activeElement !== cell.firstChild) cell.firstChild.value = state.leaves[e];
        write(row.cells[3], knowsGrad(e) ? shortened(partialSum(e)) : "");
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
            const isLastHere = !entries[now].operands.some(([other], i) => i > position && other === place);
            if (isLastHere && uses[place].length > 1) told.append(math(slope(last, place) + equals + termsSoFar(place)));
            passed.push(`${entries[place].words} gets ${shortened(contribution(now, position))}`);
        });
        said = `Backward: ${entries[now].words}: ${passed.join(", ")}.`;
    }
    if (state.selected >= 0 && !exercising()) told.append(portrait(state.selected));
    if (!$("told").contains(document.activeElement)) {
        $("told").replaceChildren(told);
        letScroll($("told"));
    }
    if (said !== explain.said) $("said").textContent = explain.said = said;
}
