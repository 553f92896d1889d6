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
