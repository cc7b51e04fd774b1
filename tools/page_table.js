/* The table: the same sums as the report's, of what matches a search. Clicking a row picks its
 * function in the graph. */
const MOST_ROWS = 300;

function sorted() {
	const by = view.sort, weight = row => Math.abs(row[by]);
	const names = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.line - b.line);
	return view.totals.filter(row => !view.regex || view.regex.test(row.name) || view.regex.test(placeOf(row)))
		.sort(by === 'name' ? names : (a, b) => weight(b) - weight(a) || Math.abs(b.flat) - Math.abs(a.flat) ||
			Math.abs(b.cum) - Math.abs(a.cum) || names(a, b));
}
function numberCell(row, key, most) {
	const td = document.createElement('td');
	if (!row[key]) return td;
	td.textContent = signed(row[key]);
	if (data.difference) td.className = row[key] > 0 ? 'up' : 'down';
	if (key === view.sort) {
		const small = document.createElement('small');
		small.textContent = ' ' + share(row[key]);
		td.append(small);
		td.classList.add('sorted');
		td.style.setProperty('--share', 100 * Math.abs(row[key]) / most + '%');
	}
	return td;
}
function nameCell(row) {
	const td = document.createElement('td'), dot = document.createElement('i');
	const call = document.createElement('em'), small = document.createElement('small');
	dot.style.background = 'var(--' + kindColor(row.kind) + ')';
	call.textContent = row.own ? callText(row) : '';
	small.textContent = ' ' + placeOf(row).replace(/^.*\//, '');
	td.append(dot, row.name, call, small);
	td.title = row.name + call.textContent + '\n' + placeOf(row);
	return td;
}
function table() {
	const list = sorted(), rows = $('rows'), most = list.length ? Math.abs(list[0][view.sort]) || 1 : 1;
	rows.textContent = '';
	for (const row of list.slice(0, MOST_ROWS)) {
		const tr = document.createElement('tr');
		tr.tabIndex = 0;
		tr.setAttribute('aria-selected', row.name === view.pick);
		for (const key of ['own', 'flat', 'cum']) tr.append(numberCell(row, key, most));
		tr.append(nameCell(row));
		tr.onclick = () => pick(row.name);
		rows.append(tr);
	}
	if (list.length > MOST_ROWS) {
		const td = document.createElement('td');
		td.colSpan = 4;
		td.textContent = (list.length - MOST_ROWS).toLocaleString('en-US') + ' more; search finds them';
		rows.append(Object.assign(document.createElement('tr'), {className: 'rest'}));
		rows.lastChild.append(td);
	}
	for (const th of document.querySelectorAll('th')) th.setAttribute('aria-sort', th.dataset.k !== view.sort ? 'none' : view.sort === 'name' ? 'ascending' : 'descending');
}
function pick(name) {
	view.pick = view.pick === name ? null : name;
	for (const tr of $('rows').children)
		tr.setAttribute('aria-selected', tr.lastChild.childNodes[1] ? tr.lastChild.childNodes[1].data === view.pick : false);
	draw();
}
