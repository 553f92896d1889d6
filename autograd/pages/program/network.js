// --- The network: neurons are circles, weights are lines ---

const SVG = "http://www.w3.org/2000/svg";
const units = [], lines = [];  // what is drawn, with the places of its numbers

function svgElement(kind, attributes, ...children) {
    const made = document.createElementNS(SVG, kind);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
}

/** Something in the picture that selects a number, by mouse and by keyboard. */
function selects(group, e) {
    if (e < 0) return;
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "button");
    group.addEventListener("click", () => select(e));
    group.addEventListener("keydown", event => { if (event.key === "Enter") { event.preventDefault(); select(e); } });
}

function layNetwork() {
    const layers = story.network, rows = Math.max(...layers.map(layer => layer.length)), few = countWeights(layers) <= 24;
    const across = few ? 300 : 220, down = rows > 8 ? 100 : few ? 150 : 116, radius = rows > 8 ? 42 : 50;
    const at = layers.map((layer, k) => layer.map((_, j) => {
        const step = Math.min(2, rows / layer.length) * down;
        return [80 + k * across, rows * down / 2 + (j - (layer.length - 1) / 2) * step + 20];
    }));
    const drawing = svgElement("svg", {
        viewBox: `0 0 ${160 + (layers.length - 1) * across} ${rows * down + 40}`, role: "group", "aria-label": "Network",
    });
    const behind = svgElement("g", {}), before = svgElement("g", {});
    drawing.append(behind, before);
    layers.forEach((layer, k) => layer.forEach((unit, j) => {
        unit.weights.forEach((e, i) => behind.append(layLine(e, at[k - 1][i], at[k][j], few)));
        before.append(layUnit(unit, at[k][j], radius, k === 0 ? "leaf" : k === layers.length - 1 ? "output" : "operation"));
    }));
    $("stage-network").append(drawing);
    drawing.style.maxWidth = `${(160 + (layers.length - 1) * across) * 1.1}px`;
}

const countWeights = layers => layers.flat().reduce((sum, unit) => sum + unit.weights.length, 0);

function layLine(e, [x1, y1], [x2, y2], labelled) {
    const line = svgElement("line", {x1, y1, x2, y2, class: "line"});
    const wide = svgElement("line", {x1, y1, x2, y2, class: "target"});
    const group = svgElement("g", {class: "weight"}, wide, line), text = svgElement("text", {
        x: x1 + 0.36 * (x2 - x1), y: y1 + 0.36 * (y2 - y1) - 6, "text-anchor": "middle", "font-size": 12,
    });
    const second = text.cloneNode();
    second.setAttribute("y", Number(text.getAttribute("y")) + 22);
    second.setAttribute("class", "grad");
    if (labelled) group.append(text, "\n", second);
    selects(group, e);
    lines.push({group, line, text, second, e});
    return group;
}

function layUnit(unit, [x, y], radius, kind) {
    const group = svgElement("g", {class: `entry ${kind} neuron`}, svgElement("circle", {cx: x, cy: y, r: radius}));
    const size = radius > 45 ? 12 : 11, shown = [];
    const texts = unit.values.flatMap(value => {
        const pair = ["", "grad"].map(style => svgElement("text", {class: style, x, "text-anchor": "middle", "font-size": size}));
        shown.push({value, words: unit.names[shown.length] || "", texts: pair});
        return pair;
    });
    const height = size + 3, top = y - (texts.length - 1) * height / 2 + size * 0.35;
    texts.forEach((text, i) => text.setAttribute("y", top + i * height));
    group.append(...texts.flatMap(text => [text, "\n"]));
    selects(group, [...unit.values].reverse().find(value => value >= 0) ?? -1);
    units.push({group, shown, bias: unit.bias, name: unit.names[0]});
    return group;
}

/** Values and gradients at the neurons, as far as the steps have come; widths and signs as the weights are now. */
function drawNetwork() {
    if (!story.network) return;
    const now = current(), largest = Math.max(...lines.map(({e}) => Math.abs(values[e])).filter(Number.isFinite), 1e-12);
    for (const {group, line, text, second, e} of lines) {
        const known = knowsGrad(e), slopes = known ? `∂ ${shortened(partialSum(e), 4)}` : "";
        line.setAttribute("stroke-width", 0.8 + 6 * Math.min(1, Math.abs(values[e]) / largest || 0));
        line.setAttribute("class", `line ${values[e] < 0 ? "negative" : "positive"}`);
        group.classList.toggle("selected", e === state.selected);
        text.textContent = `${entries[e].label ? `${entries[e].words} ` : ""}${shortened(values[e], 4)}`;
        second.textContent = slopes;
        group.setAttribute("aria-label", spoken(group, `weight ${entries[e].words}, ${shortened(values[e])}`)
            + (known ? `, gradient ${shortened(partialSum(e))}` : ""));
    }
    for (const {group, shown, bias, name} of units) {
        for (const {value, words, texts: [upper, lower]} of shown) {
            const isConstant = Array.isArray(value), known = isConstant || value >= 0 && knowsValue(value, state.step);
            const text = known ? shortened(isConstant ? value[0] : values[value], 4) : "";
            upper.textContent = `${words} ${text}`;
            lower.textContent = !isConstant && value >= 0 && knowsGrad(value) ? `∂ ${shortened(partialSum(value), 4)}` : "";
        }
        const places = shown.map(one => one.value);
        group.classList.toggle("unknown", !places.every(e => Array.isArray(e) || e >= 0 && knowsValue(e, state.step)));
        group.classList.toggle("now", now >= 0 && places.includes(now));
        group.classList.toggle("selected", state.selected >= 0 && places.includes(state.selected));
        const withBias = bias >= 0 ? `, bias ${shortened(values[bias])}` : "";
        if (group.hasAttribute("role")) group.setAttribute("aria-label", spoken(group, `neuron ${name}${withBias}`));
    }
}

/** Which of the two views is open. */
function open(view) {
    for (const one of ["graph", "network"]) {
        $(`tab-${one}`).setAttribute("aria-selected", String(one === view));
        $(`tab-${one}`).tabIndex = one === view ? 0 : -1;
        $(`stage-${one}`).hidden = one !== view;
    }
    state.view = view;
    remember();
}

function prepareNetwork() {
    if (!story.network) return;
    layNetwork();
    $("tabs").hidden = false;
    for (const line of document.querySelectorAll(".of-network")) line.hidden = false;
    for (const view of ["graph", "network"]) {
        const tab = $(`tab-${view}`), other = view === "graph" ? "network" : "graph";
        $(`stage-${view}`).setAttribute("role", "tabpanel");
        tab.addEventListener("click", () => open(view));
        tab.addEventListener("keydown", event => {
            if (!/^Arrow(Left|Right)$/.test(event.key)) return;
            event.preventDefault();
            event.stopPropagation();
            open(other);
            $(`tab-${other}`).focus();
        });
    }
}
