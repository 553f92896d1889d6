// --- The guided tour: the derivation, and its nodes lit ---

let visiting = -1;  // the stop of the tour; -1 outside of it

function visit(stop) {
    const inside = stop >= 0 && stop < story.tour.length;
    visiting = inside ? stop : -1;
    if (inside) {
        halt();
        state.leaves = given.slice();  // the tour tells of these numbers
        state.path = [];
        recompute();
        go(END);
    }
    for (const node of $("stage-graph").querySelectorAll(".lit")) node.classList.remove("lit");
    if (inside) for (const e of story.tour[stop].lit) elementOf(e).classList.add("lit");
    document.body.classList.toggle("touring", inside);
    $("tour-back").hidden = visiting < 1;
    $("tour-end").hidden = !inside;
    $("tour-next").textContent = !inside ? "Begin" : stop === story.tour.length - 1 ? "Finish" : "Next";
    $("stop").textContent = inside ? `stop ${stop + 1} of ${story.tour.length}`
        : "The derivation, a formula at a time; its nodes are lit.";
    $("stop-told").replaceChildren(...inside ? story.tour[stop].rows.map(cells => math(cells.join(equals))) : []);
    letScroll($("stop-told"));
}

function prepareTour() {
    if (!story.tour.length) return;
    $("tour").hidden = false;
    $("tour-next").addEventListener("click", () => visit(visiting + 1));
    $("tour-back").addEventListener("click", () => visit(visiting - 1));
    $("tour-end").addEventListener("click", () => { visit(-1); $("tour-next").focus(); });
}
