// --- What the reader does ---

const number = text => text.trim() === "" ? NaN : Number(text.replace("−", "-").replace(",", "."));

function go(step) {
    state.step = Math.max(0, Math.min(farthest(), Math.round(step)));
    show();
}

function halt() {
    clearInterval(playing);
    playing = 0;
    $("play").textContent = "Play";
}

function play() {
    if (playing) { halt(); return; }
    if (state.step >= farthest()) go(0);
    $("play").textContent = "Pause";
    playing = setInterval(() => { go(state.step + 1); if (state.step >= farthest()) halt(); }, 900);
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
    visit(-1);  // the tour tells of the numbers as given
    state.leaves[e] = x;
    state.path = [];
    recompute();
    show();
    drawCurve();
}

function descend(steps) {
    const rate = number($("rate").value);
    if (!(rate >= 0)) { $("descended").textContent = "The learning rate is a number from 0 on."; return; }
    visit(-1);
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
    if (state.view === "network") parts.push("view=network");
    const wanted = `#${parts.join("&")}`;
    if (wanted !== location.hash) history.replaceState(null, "", wanted);
}

/** What a number is called in the address: by its label if that says which. */
function address(e) {
    const label = entries[e].label, clear = label && !/^(step|select|view|n\d+)$/.test(label);
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
            else if (key === "view") { if (story.network && value === "network") open("network"); }
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
