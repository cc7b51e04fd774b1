/* What the user does, and what stands around the graph. */
function press() {
	const set = (id, on) => { for (const b of $(id).children) b.setAttribute('aria-pressed', on(b)); };
	set('state', b => +b.dataset.t === (view.type & 2));
	set('unit', b => +b.dataset.u === view.type % 2);
	set('direction', b => !!+b.dataset.d === view.inverted);
	$('lines').setAttribute('aria-pressed', view.lines);
	$('total').textContent = signed(view.root.value);
	$('total').className = !data.difference ? '' : view.root.value > 0 ? 'up' : view.root.value < 0 ? 'down' : '';
	$('what').textContent = (view.type % 2 ? '' : 'blocks ') + (view.type & 2 ? 'in use' : 'allocated') +
		(data.difference ? ' since the base' : '');
}
/* Where the graph was zoomed to is found again by its names. */
function rebuild(keep) {
	const path = [];
	for (let frame = view.zoom; keep && frame && frame.above; frame = frame.above) path.unshift(frame.name);
	build();
	for (const name of path) view.zoom = children(view.zoom).find(frame => frame.name === name) || view.zoom;
	view.window = [view.zoom.x, view.zoom.x + view.zoom.size];
	press(); search(); way();
}
function change(what, value, keep) {
	view[what] = value;
	rebuild(keep);
}
function way() {
	const path = [], bar = $('path');
	for (let frame = view.zoom; frame; frame = frame.above) path.unshift(frame);
	bar.textContent = '';
	path.forEach((frame, i) => {
		const button = document.createElement('button');
		button.textContent = frame.name;
		button.onclick = () => zoomTo(frame);
		bar.append(...(i ? [Object.assign(document.createElement('span'), {textContent: '\u203a'})] : []), button);
	});
	bar.scrollLeft = bar.scrollWidth;
}
function zoomTo(frame) {
	view.zoom = frame;
	moveTo([frame.x, frame.x + frame.size]);
	const top = Math.max(0, (frame.depth - 3) * ROW);
	if (top < flame.scrollTop || (frame.depth + 4) * ROW > flame.scrollTop + flame.clientHeight) flame.scrollTop = top;
	way();
}
function search() {
	const text = $('search').value;
	try {
		view.regex = text ? new RegExp(text, /[A-Z]/.test(text) ? '' : 'i') : null;
		$('search').setCustomValidity('');
	} catch (e) {
		view.regex = null;
		$('search').setCustomValidity(e.message);
	}
	$('found').textContent = view.regex ? share(found()) + ' match' : '';
	table();
	draw();
}
function tip(frame, x, y) {
	const tip = $('tip');
	tip.hidden = !frame;
	if (!frame) return;
	tip.textContent = '';
	const line = (tag, text) => { if (text) tip.append(Object.assign(document.createElement(tag), {textContent: text})); };
	line('b', frame.name);
	line('em', callText(frame).trim());
	line('small', placeOf(frame));
	line('span', signed(frame.value) + ' (' + share(frame.size) + ')' + (frame.self ? ', of it ' + signed(frame.self) + ' itself' : ''));
	tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 8)) + 'px';
	tip.style.top = (y + 18 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 10 : y + 18) + 'px';
}
function putCursor(frame) {
	view.cursor = frame;
	const y = frame.depth * ROW;
	if (y < flame.scrollTop) flame.scrollTop = y;
	else if (y + 2 * ROW > flame.scrollTop + flame.clientHeight) flame.scrollTop = y + 2 * ROW - flame.clientHeight;
	draw();
	const box = flame.getBoundingClientRect(), [from] = spanOf(frame, flame.clientWidth);
	tip(frame, box.left + from, box.top + y - flame.scrollTop);
}
function moveCursor(key) {
	let frame = view.cursor || view.zoom;
	const siblings = frame.above ? children(frame.above) : [frame], at = siblings.indexOf(frame);
	if (key === 'ArrowDown') frame = children(frame)[0] || frame;
	else if (key === 'ArrowUp') frame = frame.above || frame;
	else frame = siblings[Math.max(0, Math.min(siblings.length - 1, at + (key === 'ArrowRight' ? 1 : -1)))];
	putCursor(frame);
}
function nextMatch(step) {
	const list = view.drawn.map(hit => hit[0]).filter(frame => frame.above && matches(frame))
		.sort((a, b) => a.depth - b.depth || a.x - b.x);
	if (!list.length || !searching()) return;
	putCursor(list[(list.indexOf(view.cursor) + step + list.length) % list.length]);
}
function leave() {
	if (searching()) { $('search').value = ''; view.pick = null; search(); }
	$('search').blur();
	tip(null);
	zoomTo(view.root);
}
function setDark(dark) {
	document.documentElement.toggleAttribute('data-dark', dark);
	readColors();
	draw();
}
const isDark = () => document.documentElement.hasAttribute('data-dark');

flame.onscroll = draw;
canvas.onmousemove = e => {
	const frame = frameAt(e.offsetX, e.offsetY);
	if (frame !== view.hover) { view.hover = frame; draw(); }
	tip(frame, e.clientX, e.clientY);
};
canvas.onmouseleave = () => { view.hover = null; tip(null); draw(); };
canvas.onclick = e => { const frame = frameAt(e.offsetX, e.offsetY); if (frame) { view.cursor = frame; zoomTo(frame); } };
flame.onkeydown = e => {
	if (e.key.startsWith('Arrow')) { e.preventDefault(); moveCursor(e.key); }
	else if (e.key === 'Enter' && view.cursor) zoomTo(view.cursor);
	else if (e.key === 'Backspace' && view.zoom.above) zoomTo(view.zoom.above);
};
flame.onfocus = () => { if (flame.matches(':focus-visible')) putCursor(view.cursor || view.zoom); };
flame.onblur = () => tip(null);
$('rows').onkeydown = e => {
	const tr = e.target.closest('tr');
	if (e.key === 'Enter') tr.click();
	else if (e.key === 'ArrowDown' && tr.nextSibling) { e.preventDefault(); tr.nextSibling.focus(); }
	else if (e.key === 'ArrowUp' && tr.previousSibling) { e.preventDefault(); tr.previousSibling.focus(); }
};
const actions = {
	'/': () => { $('search').focus(); $('search').select(); },
	i: () => change('inverted', !view.inverted, false),
	l: () => change('lines', !view.lines, true),
	a: () => change('type', view.type ^ 2, true),
	b: () => change('type', view.type ^ 1, true),
	d: () => setDark(!isDark()),
	t: () => { document.body.classList.toggle('bare'); draw(); },
	n: () => nextMatch(1),
	N: () => nextMatch(-1),
	'?': () => $('keys').showModal(),
};
document.onkeydown = e => {
	if ($('keys').open) return;
	if (e.key === 'Escape') leave();
	else if (e.target === $('search')) { if (e.key === 'Enter') { flame.focus(); nextMatch(1); } }
	else if (actions[e.key] && !e.ctrlKey && !e.metaKey && !e.altKey) { e.preventDefault(); actions[e.key](); }
};
$('search').oninput = search;
$('reset').onclick = () => zoomTo(view.root);
$('lines').onclick = actions.l;
$('theme').onclick = actions.d;
$('help').onclick = actions['?'];
$('state').onclick = e => { if (e.target.dataset.t) change('type', +e.target.dataset.t + view.type % 2, true); };
$('unit').onclick = e => { if (e.target.dataset.u) change('type', (view.type & 2) + +e.target.dataset.u, true); };
$('direction').onclick = e => { if (e.target.dataset.d) change('inverted', !!+e.target.dataset.d, false); };
document.querySelector('thead').onkeydown = e => {
	if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); e.target.click(); }
};
document.querySelector('thead').onclick = e => { if (e.target.dataset.k) { view.sort = e.target.dataset.k; table(); } };
$('split').onpointerdown = e => {
	$('split').setPointerCapture(e.pointerId);
	$('split').onpointermove = at => {
		document.querySelector('aside').style.width = Math.max(150, Math.min(innerWidth - 200, innerWidth - at.clientX - 4)) + 'px';
		draw();
	};
	$('split').onpointerup = () => { $('split').onpointermove = null; };
};
addEventListener('resize', draw);
/* On paper: light, and the whole graph at the width of the page. */
addEventListener('beforeprint', () => {
	view.paper = {wasDark: isDark()};
	setDark(false);
});
addEventListener('afterprint', () => {
	const dark = view.paper.wasDark;
	view.paper = null;
	setDark(dark);
});
matchMedia('(prefers-color-scheme: dark)').onchange = e => setDark(e.matches);

$('title').textContent = document.title = data.title;
$('notes').textContent = data.notes.join(' \u00b7 ');
const kinds = new Set(data.functions.map(f => kindColor(f[2]))); /* of those there are */
for (const [name, text] of [...(data.difference ? [['more', 'more'], ['less', 'less']] : []), ['go', 'Go program'], ['std', 'Go library'],
	['native', 'C, C++, Rust'], ['system', 'allocators, libc']].filter(entry => data.difference && /more|less/.test(entry[0]) || kinds.has(entry[0]))) {
	const span = document.createElement('span'), dot = document.createElement('i');
	dot.style.background = 'var(--' + name + ')';
	span.append(dot, text);
	$('legend').append(span);
}
index();
build();
setDark(matchMedia('(prefers-color-scheme: dark)').matches);
rebuild(false);
