/* What the page knows. Stacks share their outer frames: node n is function data.nodes[3n], at line
 * data.nodes[3n+1], called by parent[n] < n, or by nobody: -1. A sample has its innermost node, its
 * owner's node, what that called (an index into data.calls) and four values. */
const data = JSON.parse(document.getElementById('data').textContent);
const $ = id => document.getElementById(id);
const STEP = 7, VALUES = 3, N = data.nodes.length / 3, S = data.samples.length / STEP;

/* regex: what is searched; pick: name of a function that was clicked in the table. */
const view = {type: data.type, inverted: false, lines: false, sort: 'own', regex: null, pick: null, root: null,
	zoom: null, cursor: null, hover: null, drawn: [], window: [0, 1]};

const parent = new Int32Array(N), next = new Int32Array(N).fill(-1), down = new Int32Array(N).fill(-1);
const callOf = new Int32Array(N).fill(-1);
/* What reads the same has one key: a function, or a function and its line. */
const keys = {byFunction: new Int32Array(N), byLine: new Int32Array(N), of: null};
const keyNodes = {byFunction: [], byLine: [], of: null}; /* some node of each key */
const sum = new Float64Array(N), size = new Float64Array(N), self = new Float64Array(N);

function index() {
	const functions = new Map(), lines = new Map();
	const number = (map, key, node, list) => {
		let at = map.get(key);
		if (at === undefined) { map.set(key, at = list.length); list.push(node); }
		return at;
	};
	for (let n = 0; n < N; n++) {
		const f = data.nodes[3 * n], line = data.nodes[3 * n + 1];
		parent[n] = data.nodes[3 * n + 2];
		if (parent[n] >= 0) { next[n] = down[parent[n]]; down[parent[n]] = n; }
		keys.byFunction[n] = number(functions, f, n, keyNodes.byFunction);
		keys.byLine[n] = number(lines, f * 4194304 + line, n, keyNodes.byLine);
	}
	for (let s = 0; s < S; s++) {
		const owner = data.samples[s * STEP + 1], call = data.samples[s * STEP + 2];
		if (owner >= 0 && call >= 0) callOf[owner] = call;
	}
}
const lineOf = node => data.nodes[3 * node + 1];
const functionOf = node => data.functions[data.nodes[3 * node]];
const valueOf = s => data.samples[s * STEP + VALUES + view.type];

/* A frame stands for many nodes, or, seen from inside, for the samples that came so far and where
 * each of them is. Its children are only made when somebody looks: most are too small to be seen. */
function newFrame(above, node) {
	const f = node < 0 ? ['all', '', 'system'] : functionOf(node);
	return {name: f[0], file: f[1], kind: f[2], line: node >= 0 && view.lines ? lineOf(node) : 0, above,
		call: node >= 0 ? callOf[node] : -1, depth: above ? above.depth + 1 : 0, value: 0, size: 0, self: 0, x: 0,
		nodes: [], samples: [], list: null};
}
function join(frame, groups, node, value, width, sample) {
	let to = groups.get(keys.of[node]);
	if (!to) groups.set(keys.of[node], to = newFrame(frame, node));
	to.nodes.push(node);
	if (sample >= 0) to.samples.push(sample); else to.self += self[node];
	if (to.call < 0) to.call = callOf[node];
	to.value += value;
	to.size += width;
}
function children(frame) {
	if (frame.list) return frame.list;
	const groups = new Map();
	if (view.inverted) {
		const first = !frame.above;
		for (let i = 0; i < frame.samples.length; i++) {
			const s = frame.samples[i], node = first ? data.samples[s * STEP] : parent[frame.nodes[i]];
			if (node >= 0) join(frame, groups, node, valueOf(s), Math.abs(valueOf(s)), s);
		}
	} else if (!frame.above) {
		for (let n = 0; n < N; n++) if (parent[n] < 0 && size[n]) join(frame, groups, n, sum[n], size[n], -1);
	} else {
		for (const above of frame.nodes)
			for (let n = down[above]; n >= 0; n = next[n]) if (size[n]) join(frame, groups, n, sum[n], size[n], -1);
	}
	frame.list = [...groups.values()].sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
	let x = frame.x;
	for (const child of frame.list) { child.x = x; x += child.size; }
	return frame.list;
}

/* Values may be negative in a difference: widths come from their size, colours from their sign. */
function build() {
	keys.of = view.lines ? keys.byLine : keys.byFunction;
	keyNodes.of = view.lines ? keyNodes.byLine : keyNodes.byFunction;
	const root = newFrame(null, -1), count = keyNodes.of.length, places = keyNodes.byLine.length;
	const own = new Float64Array(count), flat = new Float64Array(count), cum = new Float64Array(count);
	const seen = new Int32Array(count), weights = [0, 1, 2].map(() => new Float64Array(places));
	sum.fill(0); size.fill(0); self.fill(0);
	for (let s = 0; s < S; s++) {
		const leaf = data.samples[s * STEP], owner = data.samples[s * STEP + 1], value = valueOf(s);
		if (!value) continue;
		self[leaf] += value; sum[leaf] += value; size[leaf] += Math.abs(value);
		root.samples.push(s); root.value += value; root.size += Math.abs(value);
		flat[keys.of[leaf]] += value; weights[1][keys.byLine[leaf]] += value;
		if (owner >= 0) { own[keys.of[owner]] += value; weights[0][keys.byLine[owner]] += value; }
		for (let n = leaf; n >= 0; n = parent[n]) {
			weights[2][keys.byLine[n]] += value;
			if (seen[keys.of[n]] !== s + 1) { seen[keys.of[n]] = s + 1; cum[keys.of[n]] += value; }
		}
	}
	for (let n = N - 1; n >= 0; n--) if (parent[n] >= 0) { sum[parent[n]] += sum[n]; size[parent[n]] += size[n]; }
	view.root = view.zoom = root;
	view.window = [0, root.size];
	view.cursor = view.hover = null;
	view.totals = [];
	const lines = heaviest(weights), calls = callsOf();
	for (let k = 0; k < count; k++) {
		if (!own[k] && !flat[k] && !cum[k]) continue;
		const node = keyNodes.of[k], f = functionOf(node);
		view.totals.push({name: f[0], file: f[1], kind: f[2], own: own[k], flat: flat[k], cum: cum[k], call: calls[k],
			line: view.lines ? lineOf(node) : lines[keys.byFunction[node]]});
	}
}

/* Of what a key's nodes called, as owners, the heaviest; -1: nothing known. */
function callsOf() {
	const best = new Int32Array(keyNodes.of.length).fill(-1), weight = new Float64Array(keyNodes.of.length);
	for (let s = 0; s < S; s++) {
		const owner = data.samples[s * STEP + 1], call = data.samples[s * STEP + 2], value = Math.abs(valueOf(s));
		if (owner < 0 || call < 0 || value <= weight[keys.of[owner]]) continue;
		best[keys.of[owner]] = call;
		weight[keys.of[owner]] = value;
	}
	return best;
}

/* Of a function's lines the table shows the heaviest: by own, then flat, then cum. */
function heaviest(weights) {
	const lines = new Int32Array(keyNodes.byFunction.length), best = new Int32Array(keyNodes.byFunction.length).fill(-1);
	const weight = (k, i) => Math.abs(weights[i][k]);
	keyNodes.byLine.forEach((node, k) => {
		const f = keys.byFunction[node], old = best[f];
		const differs = old < 0 ? -1 : [0, 1, 2].findIndex(i => weight(k, i) !== weight(old, i));
		if (old < 0 || (differs >= 0 && weight(k, differs) > weight(old, differs))) { best[f] = k; lines[f] = lineOf(node); }
	});
	return lines;
}

/* The share of all that passes through something that matches. */
function found() {
	const hit = keyNodes.byLine.map(node => {
		const f = functionOf(node);
		return view.regex.test(f[0]) || view.regex.test(f[1] + ':' + lineOf(node));
	});
	const inside = new Uint8Array(N);
	for (let n = 0; n < N; n++) inside[n] = hit[keys.byLine[n]] || (parent[n] >= 0 && inside[parent[n]]);
	let total = 0;
	for (const s of view.root.samples) if (inside[data.samples[s * STEP]]) total += Math.abs(valueOf(s));
	return total;
}

function amount(value) {
	if (view.type % 2 === 0) return value.toLocaleString('en-US');
	let bytes = Math.abs(value), unit = 0;
	while (bytes >= 1024 && unit < 5) { bytes /= 1024; unit++; }
	return (value < 0 ? '-' : '') + bytes.toFixed(2).replace(/\.00$/, '') + ['B', 'kB', 'MB', 'GB', 'TB', 'PB'][unit];
}
const signed = value => (data.difference && value > 0 ? '+' : '') + amount(value);
const share = value => view.root.size ? (100 * Math.abs(value) / view.root.size).toFixed(1) + '%' : '0%';
const placeOf = frame => frame.file ? frame.file + (frame.line ? ':' + frame.line : '') : '';
const callText = frame => frame.call >= 0 ? ' \u2192 C.' + data.calls[frame.call] : '';
