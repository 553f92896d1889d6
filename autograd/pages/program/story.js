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
const state = {leaves: given.slice(), step: 0, selected: -1, answered: new Set(), right: 0, tried: 0, path: [], view: "graph"};
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
