// --- Large graphs: parts are folded into one box each, and a click or Enter unfolds one ---

const PART = 24, BOXES = 200, SHOWN = 300;  // numbers of a part, boxes at first, boxes at most
let parts = [], partOf = [], unfolded = [];  // members of each part; the part of each number; open parts, oldest first
const folds = new Map();  // the element of each folded part

/** A number joins the part in which all of its uses are; so only one number of a part is used outside. */
function divide() {
    const taken = entries.map(() => -1);
    let found = [];
    for (let e = last; e >= 0; e--) {
        const users = new Set(uses[e].map(([user]) => taken[user]));
        const [only] = users;
        if (users.size === 1 && found[only].length < PART) { taken[e] = only; found[only].push(e); }
        else { taken[e] = found.length; found.push([e]); }
    }
    found = bundled(found, taken).reverse();
    const together = Math.ceil(found.length / BOXES);  // still too many: neighbours in the order of computation
    for (let i = 0; i < found.length; i += together) parts.push(found.slice(i, i + together).flat().sort((a, b) => a - b));
    parts.forEach((members, part) => members.forEach(e => { partOf[e] = part; }));
}

/** Leaves with the same users, such as the weights of a neuron for several samples, are one part, too. */
function bundled(found, taken) {
    const bundles = new Map();
    for (const members of found) {
        const [e] = members;
        if (members.length > 1 || e >= first) continue;
        const key = [...new Set(uses[e].map(([user]) => taken[user]))].sort().join(" "), bundle = bundles.get(key);
        if (bundle && bundle.length < PART) bundle.push(members.pop());
        else bundles.set(key, members);
    }
    return found.filter(members => members.length);
}

const isBundle = members => members[members.length - 1] < first;

function toggleFold(part) {
    unfolded = [...unfolded, part];
    while (unfolded.length > 1 && unfolded.reduce((sum, p) => sum + parts[p].length, parts.length) > SHOWN) unfolded.shift();
    drawFolded();
    show();
    const element = elementOf(parts[part][0]);
    if (element) element.focus();
}

function foldAll() {
    unfolded = [];
    drawFolded();
    show();
}

/** The picture, drawn anew: a box for each number of an open part, and for each other part. */
function drawFolded() {
    const boxes = [], boxOf = [];
    parts.forEach((members, part) => {
        if (members.length > 1 && !unfolded.includes(part)) {
            members.forEach(e => { boxOf[e] = boxes.length; });
            boxes.push({part, e: Math.max(...members)});
        } else members.forEach(e => { boxOf[e] = boxes.length; boxes.push({part: -1, e}); });
    });
    inOrder(boxes, boxOf);
    const links = new Map();
    entries.forEach((entry, e) => entry.operands.forEach(([by], position) => {
        if (by < 0 || boxOf[by] === boxOf[e]) return;
        const single = boxes[boxOf[by]].part < 0 && boxes[boxOf[e]].part < 0, key = single ? `e${e}_${position}` : `${boxOf[by]} ${boxOf[e]}`;
        links.set(key, {source: boxOf[by], target: boxOf[e], id: single ? key : ""});
    }));
    const lines = [...links.values()], {points, width, height} = layOut(boxes, lines);
    const drawing = svgElement("svg", {viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Graph"});
    for (const line of lines) drawing.append(drawnLink(line));
    folds.clear();
    boxes.forEach((box, b) => drawing.append(drawnBox(box, points[b])));
    $("stage-graph").replaceChildren(drawing);
    $("stage-graph").style.setProperty("--least", `${width}px`);
    drawing.style.maxWidth = `${width * 1.15}px`;
    adopt();
}

/** Boxes in an order of computation: a box after all that it uses. */
function inOrder(boxes, boxOf) {
    const before = boxes.map(() => new Set()), place = boxes.map(() => -1), sorted = [];
    entries.forEach((entry, e) => entry.operands.forEach(([by]) => { if (by >= 0 && boxOf[by] !== boxOf[e]) before[boxOf[e]].add(boxOf[by]); }));
    for (const start of boxes.keys()) {
        const waiting = [start];
        while (waiting.length) {
            const b = waiting[waiting.length - 1], missing = [...before[b]].filter(a => place[a] < 0);
            if (missing.length) { waiting.push(...missing); continue; }
            waiting.pop();
            if (place[b] < 0) { place[b] = sorted.length; sorted.push(boxes[b]); }
        }
    }
    boxes.splice(0, boxes.length, ...sorted);
    boxOf.forEach((b, e) => { boxOf[e] = place[b]; });
}

function drawnLink({id, way}) {
    const d = curve(way, 46), {x, y} = way[way.length - 1];
    const group = svgElement("g", {class: id ? "edge use" : "edge", ...id ? {id} : {}},
        svgElement("path", {d, fill: "none"}), svgElement("polygon", {points: `${x - 46},${y} ${x - 53},${y - 3.5} ${x - 53},${y + 3.5}`}));
    return group;
}

function drawnBox({part, e}, {x, y}) {
    const kind = e === last ? "output" : e < first ? "leaf" : "operation", folded = part >= 0;
    const outline = d => svgElement("polygon", {points: `${x - 46 + d},${y - 25 + d} ${x + 46 + d},${y - 25 + d} ${x + 46 + d},${y + 25 + d} ${x - 46 + d},${y + 25 + d}`});
    const text = (line, content, attributes) => {
        const made = svgElement("text", {x, y: y - 10 + 15 * line, "text-anchor": "middle", "font-size": 12, ...attributes});
        made.textContent = content;
        return made;
    };
    const words = entries[e].words, short = words.length > 14 ? `${words.slice(0, 13)}…` : words;
    const title = folded ? `⊞ ${parts[part].length} → ${words.length > 9 ? `${words.slice(0, 8)}…` : words}` : short;
    const group = svgElement("g", {class: `node entry ${kind}${folded ? " fold" : ""}`, id: folded ? `f${part}` : `n${e}`},
        ...folded ? [outline(4), outline(0)] : [outline(0)], text(0, title, {"font-weight": folded ? 400 : 700, "font-size": folded ? 11 : 12}), "\n",
        text(1, "", folded ? {class: "fold-value"} : {"data-value": e}), "\n", text(2, "", folded ? {class: "grad"} : {"data-grad": e}));
    if (folded) {
        group.setAttribute("tabindex", "0");
        group.setAttribute("role", "button");
        group.setAttribute("aria-expanded", "false");
        group.addEventListener("click", () => toggleFold(part));
        group.addEventListener("keydown", event => { if (event.key === "Enter") { event.preventDefault(); toggleFold(part); } });
        folds.set(part, group);
    }
    return group;
}

/** Numbers on folded parts: those of the last number in each, and whose turn it is. */
function drawFolds(now) {
    for (const [part, group] of folds) {
        const members = parts[part], e = members[members.length - 1], known = knowsValue(e, state.step);
        const [, value, grad] = group.querySelectorAll("text");
        group.classList.toggle("unknown", !known);
        group.classList.toggle("now", now >= 0 && partOf[now] === part);
        group.classList.toggle("selected", state.selected >= 0 && partOf[state.selected] === part);
        group.classList.toggle("faded", Boolean(story.lit) && !members.some(member => lit.has(member)));
        write(value, known && !isBundle(members) ? shortened(values[e]) : "");
        write(grad, knowsGrad(e) && !isBundle(members) ? `∂ ${shortened(partialSum(e))}` : "");
        group.setAttribute("aria-label", spoken(group, `${members.length} numbers up to ${entries[e].words}, folded`));
    }
}

function prepareFolds() {
    divide();
    drawFolded();
    $("fold").hidden = false;
    $("fold").addEventListener("click", foldAll);
    for (const line of document.querySelectorAll(".of-folds")) line.hidden = false;
}
