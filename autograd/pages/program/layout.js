// --- A layout of layers, for graphs that change while one looks ---

/** Columns from left to right. Given are what each box is used by, boxes in an order of computation, and their width and
    height; each gets x and y, and each line the points that it passes. */
function layOut(boxes, links, across = 128, down = 62) {
    const from = boxes.map(() => []), to = boxes.map(() => []);
    for (const {source, target} of links) { to[source].push(target); from[target].push(source); }
    const rank = boxes.map(() => 0);
    boxes.forEach((_, b) => { for (const a of from[b]) rank[b] = Math.max(rank[b], rank[a] + 1); });
    boxes.forEach((_, b) => { if (!from[b].length && to[b].length) rank[b] = Math.min(...to[b].map(c => rank[c])) - 1; });
    const columns = [], points = boxes.map((_, b) => put(b, rank[b], down, columns));
    const passing = new Map();  // lines from one box share their way
    for (const link of links) {
        link.way = [points[link.source]];
        for (let r = rank[link.source] + 1; r < rank[link.target]; r++) {
            const key = `${link.source} ${r}`;
            if (!passing.has(key)) passing.set(key, put(-1, r, 14, columns));
            link.way.push(passing.get(key));
        }
        link.way.push(points[link.target]);
    }
    join(links);
    for (let sweep = 0; sweep < 8; sweep++) {
        const forward = sweep % 2 === 0;
        for (const column of forward ? columns : columns.slice().reverse()) order(column, forward ? "left" : "right");
    }
    for (let sweep = 0; sweep < 8; sweep++) {
        const forward = sweep % 2 === 0;
        for (const column of forward ? columns : columns.slice().reverse()) settle(column, forward ? "left" : "right");
    }
    const all = columns.flat(), top = Math.min(...all.map(p => p.y)) - down / 2;
    for (const point of all) { point.x = 60 + point.rank * across; point.y -= top; }
    return {points, width: 120 + (columns.length - 1) * across, height: Math.max(...all.map(p => p.y)) + down / 2};
}

function put(box, rank, size, columns) {
    while (columns.length <= rank) columns.push([]);
    const point = {box, rank, size, y: columns[rank].length * 60, left: new Set(), right: new Set()};
    columns[rank].push(point);
    return point;
}

function join(links) {
    for (const {way} of links) {
        for (let i = 1; i < way.length; i++) { way[i].left.add(way[i - 1]); way[i - 1].right.add(way[i]); }
    }
}

function wanted(point, side) {
    const beside = [...point[side]];
    return beside.length ? beside.reduce((sum, other) => sum + other.y, 0) / beside.length : point.y;
}

/** Sort a column by where its neighbours are. */
function order(column, side) {
    const keys = new Map(column.map(point => [point, wanted(point, side)]));
    column.sort((a, b) => keys.get(a) - keys.get(b));
    let y = 0;
    for (const point of column) { point.y = y + point.size / 2; y += point.size; }
    for (const point of column) point.y -= y / 2;
}

/** Move the points of a column towards their neighbours, in their order, with room between them. */
function settle(column, side) {
    const goals = column.map(point => wanted(point, side));
    let moved = 0;
    column.forEach((point, i) => {
        const before = column[i - 1];
        point.y = before ? Math.max(goals[i], before.y + (before.size + point.size) / 2) : goals[i];
        moved += point.y - goals[i];
    });
    for (const point of column) point.y -= moved / column.length;
}

/** A line through its points, as the attribute d of a path. */
function curve(way, half) {
    let [x, y] = [way[0].x + half, way[0].y], d = `M${x},${y}`;
    way.slice(1).forEach((point, i) => {
        const end = i === way.length - 2 ? point.x - half - 6 : point.x, middle = (x + end) / 2;
        d += `C${middle},${y} ${middle},${point.y} ${end},${point.y}`;
        [x, y] = [end, point.y];
    });
    return d;
}
