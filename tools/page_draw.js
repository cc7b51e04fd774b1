/* The canvas is as large as what is seen of it and stays there while the graph scrolls below it.
 * Drawn are only frames of at least half a pixel. view.window is the part of the root, from and to,
 * that fills the width; a zoom moves it there in some frames. */
const canvas = $('canvas'), ink = canvas.getContext('2d'), flame = $('flame');
const ROW = 22, FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif', MILLISECONDS = 170, PAPER_WIDTH = 700;
let colors = {}, widths = new Map(), moving = 0;

function readColors() {
	const style = getComputedStyle(document.documentElement);
	for (const name of ['ground', 'text', 'faint', 'accent', 'go', 'std', 'native', 'system', 'more', 'less', 'hit', 'frame-text'])
		colors[name] = style.getPropertyValue('--' + name).trim();
}
const kindColor = kind => ({go: 'go', go_std: 'std', go_runtime: 'std', cgo: 'std', native: 'native'}[kind] || 'system');
function colorOf(frame, hit) {
	if (hit) return colors.hit;
	if (!data.difference || frame === view.root) return colors[kindColor(frame.kind)];
	return frame.value > 0 ? colors.more : frame.value < 0 ? colors.less : colors.system;
}
const searching = () => view.regex !== null || view.pick !== null;
function matches(frame) {
	return view.regex ? view.regex.test(frame.name) || view.regex.test(placeOf(frame)) : frame.name === view.pick;
}
function spanOf(frame, width) {
	const [from, to] = view.window, scale = to > from ? width / (to - from) : 0;
	return [Math.max(0, (frame.x - from) * scale), Math.min(width, (frame.x + frame.size - from) * scale)];
}

function collect(width) {
	const stack = [view.root];
	let depth = 0;
	view.drawn = [];
	while (stack.length) {
		const frame = stack.pop(), [from, to] = spanOf(frame, width);
		if (to - from < 0.5) continue;
		view.drawn.push([frame, from, to]);
		depth = Math.max(depth, frame.depth);
		for (const child of children(frame)) stack.push(child);
	}
	return (depth + 2) * ROW;
}
/* On paper the height is that of all frames, up to what a canvas can have. */
function draw() {
	const width = view.paper ? PAPER_WIDTH : flame.clientWidth, all = collect(width);
	const height = view.paper ? Math.min(all, 8000) : flame.clientHeight, ratio = devicePixelRatio || 1;
	$('height').style.height = all + 'px';
	if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
		canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
		canvas.style.width = width + 'px'; canvas.style.height = height + 'px';
	}
	ink.setTransform(ratio, 0, 0, ratio, 0, 0);
	ink.fillStyle = colors.ground; ink.fillRect(0, 0, width, height);
	ink.font = FONT; ink.textBaseline = 'middle';
	for (const [frame, from, to] of view.drawn) {
		const y = frame.depth * ROW - flame.scrollTop;
		if (y > -ROW && y < height) drawFrame(frame, from, to, y);
	}
	if (!view.root.size) {
		ink.fillStyle = colors.faint;
		ink.fillText(data.difference ? 'No difference.' : 'Nothing of this kind.', 14, 2 * ROW);
	}
}
function box(x, y, width, height) {
	ink.beginPath();
	if (ink.roundRect) ink.roundRect(x, y, width, height, 3); else ink.rect(x, y, width, height);
}
function drawFrame(frame, from, to, y) {
	const width = Math.max(0.5, to - from - 1), outer = frame.depth < view.zoom.depth;
	const hit = searching() && matches(frame), dim = searching() && !hit;
	ink.globalAlpha = dim ? 0.35 : outer ? 0.6 : 1;
	ink.fillStyle = colorOf(frame, hit);
	if (width > 8) { box(from, y, width, ROW - 1); ink.fill(); } else ink.fillRect(from, y, width, ROW - 1);
	if (data.difference && frame.above && width > 12) { /* whose code it is */
		ink.fillStyle = colors[kindColor(frame.kind)];
		ink.fillRect(from, y + 2, 3, ROW - 5);
	}
	ink.globalAlpha = dim ? 0.6 : 1;
	if (frame === view.cursor || frame === view.hover) {
		ink.strokeStyle = frame === view.cursor ? colors.accent : colors.text; ink.lineWidth = 2;
		box(from + 1, y + 1, width - 2, ROW - 3);
		ink.stroke();
	}
	if (width > 24) drawText(frame, from + 7, y + ROW / 2, width - 13);
	ink.globalAlpha = 1;
}
function widthOf(text) {
	let width = widths.get(text);
	if (width === undefined) widths.set(text, width = ink.measureText(text).width);
	return width;
}
/* The name; where there is no room without the folders of its package, then with an end. */
function drawText(frame, x, y, room) {
	let text = frame.name + (frame.line ? ':' + frame.line : '') + (frame.self || view.inverted ? callText(frame) : '');
	if (widthOf(text) > room) text = text.replace(/^[^(<\s]*\/(?=[^/]*$)/, '');
	const width = widthOf(text);
	if (width > room) {
		const length = Math.floor(text.length * room / width) - 1;
		if (length < 2) return;
		text = text.slice(0, length) + '\u2026';
	}
	ink.fillStyle = colors['frame-text'];
	ink.fillText(text, x, y, room);
	const number = signed(frame.value) + '  ' + share(frame.size);
	if (width + widthOf('9') * number.length + 16 < room) {
		ink.textAlign = 'right'; ink.globalAlpha *= 0.72;
		ink.fillText(number, x + room, y);
		ink.textAlign = 'left';
	}
}
function frameAt(x, y) {
	const depth = Math.floor((y + flame.scrollTop) / ROW);
	const hit = view.drawn.find(([frame, from, to]) => frame.depth === depth && x >= from && x < to);
	return hit ? hit[0] : null;
}

/* Towards a window, slower at its end; at once for those who want no motion. */
function moveTo(target) {
	const begin = view.window.slice(), start = performance.now();
	cancelAnimationFrame(moving);
	const step = now => {
		const t = Math.min(1, Math.max(0, (now - start) / MILLISECONDS)), eased = 1 - (1 - t) ** 3;
		view.window = t === 1 ? target : [0, 1].map(i => begin[i] + (target[i] - begin[i]) * eased);
		draw();
		if (t < 1) moving = requestAnimationFrame(step);
	};
	step(matchMedia('(prefers-reduced-motion: reduce)').matches ? Infinity : start);
}
