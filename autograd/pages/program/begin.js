// --- Beginning ---

let texts, nodes, edges;  // of the picture: where numbers stand, boxes, lines
const lit = new Set(story.lit || []);

/** The box of a number, or of the folded part that it is in. */
const elementOf = e => nodes[e] || folds.get(partOf[e]);  // fold.js is there only if needed

/** Find what is in the picture, and let it be selected. */
function adopt() {
    [texts, nodes, edges] = [{value: [], grad: [], edge: {}}, [], {}];
    for (const text of $("stage-graph").querySelectorAll("svg text")) {
        if (text.dataset.value) texts.value[text.dataset.value] = text;
        if (text.dataset.grad) texts.grad[text.dataset.grad] = text;
        if (text.dataset.edge) texts.edge[text.dataset.edge] = text;
    }
    entries.forEach((entry, e) => {
        const node = $(`n${e}`);
        if (node) {
            nodes[e] = node;
            selects(node, e);
            if (story.lit && !lit.has(e)) node.classList.add("faded");
        }
        entry.operands.forEach(([by], position) => {
            const key = `${e}_${position}`, edge = by >= 0 ? $(`e${key}`) : null;
            if (!edge) return;
            edges[key] = edge;
            if (!texts.edge[key]) texts.edge[key] = labelled(edge, key);
            if (story.lit && !(lit.has(e) && lit.has(by))) edge.classList.add("faded");
            edge.addEventListener("click", () => select(e));
        });
    });
}

/** A place for a number in the middle of a line. */
function labelled(edge, key) {
    const path = edge.querySelector("path"), {x, y} = path.getPointAtLength(path.getTotalLength() / 2);
    const text = svgElement("text", {x, y, "text-anchor": "middle", "font-size": 10, "data-edge": key});
    edge.append(text);
    return text;
}

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
if (story.folded) prepareFolds();
else adopt();
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
    if (step !== undefined) { event.preventDefault(); halt(); go(step); }
    else if (event.key === " " && target.tagName !== "BUTTON") { event.preventDefault(); play(); }
});
$("slider").max = END;
$("slider").addEventListener("input", event => { halt(); go(Number(event.target.value)); });
$("back").addEventListener("click", () => { halt(); go(state.step - 1); });
$("next").addEventListener("click", () => { halt(); go(state.step + 1); });
$("play").addEventListener("click", play);
$("reset").addEventListener("click", () => { halt(); state.path = []; history.replaceState(null, "", "#"); restore(); drawCurve(); $("descended").textContent = ""; });
$("descent").addEventListener("submit", event => { event.preventDefault(); descend(1); });
$("many").addEventListener("click", () => descend(100));
window.addEventListener("hashchange", restore);
prepareNetwork();
prepareTour();
if (!story.folded) $("stage-graph").style.setProperty("--least", `${Math.min(1800, document.querySelector("#stage-graph svg").viewBox.baseVal.width * 0.62)}px`);
restore();
if (story.exercise) ask();
