#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: the page of --html is whole and needs no network, and in a browser it does what it says:
# sums, table, both directions, lines, types, search, zoom by mouse and keyboard, without an error.
# Fails when: the page's script breaks, or its numbers are not those of the table in text.
. "$(dirname "$0")/common.bash"

golden=$TOP/tests/golden
mkdir -p root/src/bin
as --gdwarf-5 -o shop.o "$golden/shop.s" 2>err || skip 'cannot assemble for this machine'
ld --build-id=0x5eed000102030405 -e main.handle -Ttext=0x401000 -o root/src/bin/shop shop.o ||
	skip 'cannot link for this machine'
"$SYMBOLIZE" --symfs root --html page.html "$golden/shop.2.heap" 2>err || fail "$(cat err)"
"$SYMBOLIZE" --symfs root --html diff.html --base "$golden/shop.1.heap" "$golden/shop.2.heap" ||
	fail 'no page of the difference'
for page in page.html diff.html; do
	has $page '^</html>$' || fail "$page is not whole"
	! grep -oE '(src|href)="?https?:[^" ]*' $page || fail "$page wants the network"
	! grep -q '@DATA@' $page || fail "$page has no data"
done
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
	skip 'no chromium here'

cat >test.js <<'JS'
const failures = [];
const check = (what, got, wanted) => { if (got !== wanted) failures.push(what + ': ' + got + ', not ' + wanted); };
onerror = message => failures.push(String(message));
const key = (target, name) => target.dispatchEvent(new KeyboardEvent('keydown', {key: name, bubbles: true}));
const cells = row => [...row.children].map(td => td.textContent.trim());
const first = () => cells($('rows').firstElementChild);
const press = text => [...document.querySelectorAll('button')].find(b => b.textContent === text).click();
const total = DIFF ? 13144540 : 20015591;
check('total', view.size, DIFF ? view.size : total);
check('first row', first()[0] + ' ' + first()[3].split(' ')[0], (DIFF ? '+7.53MB' : '10.04MB') + ' main.countWords');
check('place', /main\.go:47$/.test(first()[3]), true);
check('second row', cells($('rows').children[1])[3].split(' ')[0], 'main.printReceipt');
check('callers on top', children(view.root)[0].name, 'net/http.HandlerFunc.ServeHTTP');
press('Who calls');
check('inverted', children(view.root)[0].name, 'main.countWords');
key(document.body, 'i');
check('turned back', view.inverted, false);
press('Objects');
check('objects', first()[0], DIFF ? '+1,974' : '2,631');
press('Allocated');
check('allocated', view.type, 0);
press('In use'); press('Bytes');
key(document.body, 'l');
check('lines', view.lines, true);
key(document.body, 'l');
$('search').value = 'receipt_open'; $('search').oninput();
check('search', / match$/.test($('found').textContent), true);
$('search').value = '('; $('search').oninput();
check('wrong expression', view.regex, null);
$('search').value = ''; $('search').oninput();
const box = canvas.getBoundingClientRect();
canvas.dispatchEvent(new MouseEvent('mousemove', {clientX: box.left + 10, clientY: box.top + 25, bubbles: true}));
check('tip', $('tip').hidden, false);
canvas.dispatchEvent(new MouseEvent('click', {clientX: box.left + 10, clientY: box.top + 25, bubbles: true}));
check('zoomed', view.zoom.name, 'net/http.HandlerFunc.ServeHTTP');
key(canvas, 'ArrowDown');
check('down', view.cursor.name, 'main.handle');
key(canvas, 'Enter');
check('zoomed by key', view.zoom.name, 'main.handle');
key(document.body, 'Escape');
check('zoomed out', view.zoom, view.root);
document.querySelector('th[data-k=cum]').click();
check('sorted', first()[3].split(' ')[0], 'main.handle');
document.body.innerHTML = '<pre>' + (failures.length ? failures.join('\n') : 'all is well') + '</pre>';
JS
for page in page diff; do
	{
		sed '/^<\/body>$/,$d' $page.html
		printf '<script>const DIFF = %s;\n' "$([ $page = diff ] && echo true || echo false)"
		cat test.js
		printf '</script></body></html>\n'
	} >test.html
	timeout 60 "$chromium" --headless --no-sandbox --disable-gpu --user-data-dir="$PWD/profile" \
		--window-size=1200,700 --dump-dom "file://$PWD/test.html" >dom 2>chromium.err ||
		skip "chromium does not run: $(tail -n 1 chromium.err)"
	has dom 'all is well' || fail "$page: $(sed -n '/<pre>/,/<\/pre>/p' dom)"
done
