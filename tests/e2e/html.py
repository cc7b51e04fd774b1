#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""html.py - what html.sh clicks through; ends with 77 where there is no browser"""

import sys

from browser import Browser, program

FAILURES = []


def check(what, got, wanted):
    if got != wanted:
        FAILURES.append('%s: %r, not %r' % (what, got, wanted))


def cells(page, row):
    return page.ask('[...$("rows").children[%d].children].map(td => td.textContent.trim())' % row)


def settled(page):
    page.wait_for(lambda: page.ask('view.window[0] === view.zoom.x && view.window[1] === view.zoom.x + view.zoom.size'))


def frame(page, name):
    """the middle of a frame that is drawn, in the window"""
    return page.ask('(() => { const hit = view.drawn.find(d => d[0].name === "%s"), box = canvas.getBoundingClientRect();'
                    'return [box.x + (hit[1] + hit[2]) / 2, box.y + hit[0].depth * ROW + ROW / 2 - flame.scrollTop]; })()' % name)


def through(path, difference, width, height, dark):
    with Browser(path, width, height, dark) as page:
        check('dark', page.ask('isDark()'), dark)
        check('total', page.ask('view.root.value'), 13167295 if difference else 20015591)
        check('total shown', page.ask('$("total").textContent'), '+12.56MB' if difference else '19.09MB')
        first, second = cells(page, 0), cells(page, 1)
        check('first row', (first[0].split()[0], first[3].split()[0]), ('+7.53MB' if difference else '10.04MB', 'main.countWords'))
        check('legend', page.ask('[...$("legend").children].map(span => span.textContent)'),
              ['more', 'less'] * difference + ['Go program', 'Go library', 'C, C++, Rust', 'allocators, libc'])
        check('the place is seen', page.ask('(() => { const small = document.querySelector("#rows small");'
                                            'return small.scrollWidth <= small.clientWidth; })()'), True)
        check('call', '\u2192 C.CString' in first[3] and first[3].endswith('main.go:47'), True)
        check('second row', second[3].split()[0], 'main.printReceipt')
        check('callers on top', page.ask('children(view.root)[0].name'), 'net/http.HandlerFunc.ServeHTTP')
        page.shot(path.replace('.html', '.%d.png' % width))

        page.press('[data-d="1"]')
        check('turned over', page.ask('children(view.root)[0].name'), 'main.countWords')
        page.key('i')
        check('turned back', page.ask('view.inverted'), False)
        page.press('[data-u="0"]')
        check('objects', cells(page, 0)[0].split()[0], '+1,974' if difference else '2,631')
        page.press('[data-t="0"]')
        check('allocated', page.ask('view.type'), 0)
        page.key('a')
        page.key('b')
        check('in use, in bytes', page.ask('view.type'), 3)

        page.move(*frame(page, 'main.countWords'))
        check('tip', page.ask('!$("tip").hidden && $("tip").textContent').startswith('main.countWords'), True)
        page.click(*frame(page, 'main.handle'))
        settled(page)
        check('zoomed', page.ask('view.zoom.name'), 'main.handle')
        check('way', page.ask('$("path").textContent'), 'all\u203anet/http.HandlerFunc.ServeHTTP\u203amain.handle')
        page.key('b')
        check('the zoom outlives a switch', page.ask('view.zoom.name'), 'main.handle')
        page.key('b')
        page.ask('flame.focus()')
        page.key('ArrowDown')
        page.key('ArrowDown')
        check('down', page.ask('view.cursor.above.name'), 'main.handle')
        page.key('Enter')
        settled(page)
        check('zoomed by key', page.ask('view.zoom === view.cursor'), True)
        page.key('Backspace')
        check('out by one', page.ask('view.zoom.name'), 'main.handle')
        page.key('Escape')
        settled(page)
        check('zoomed out', page.ask('view.zoom === view.root'), True)

        page.key('/')
        page.type('RECEIPT_open')
        check('capitals count', page.ask('$("found").textContent'), '0.0% match')
        page.ask('$("search").value = ""')
        page.type('receipt_open')
        check('search', page.ask('/^[1-9][0-9.]*% match$/.test($("found").textContent)'), True)
        check('the table follows', cells(page, 0)[3].split()[0], 'receipt_open')
        page.shot(path.replace('.html', '.%d.search.png' % width))
        page.key('Enter')
        check('to the match', page.ask('view.cursor.name'), 'receipt_open')
        page.key('Escape')
        page.key('/')
        page.type('(')
        check('wrong expression', page.ask('view.regex === null && !$("search").checkValidity()'), True)
        page.key('Escape')

        page.press('tbody tr:nth-child(2)')
        check('picked', page.ask('view.pick'), 'main.printReceipt')
        page.press('th[data-k=cum]')
        check('sorted', cells(page, 0)[3].split()[0], 'main.handle')
        page.ask('document.querySelector("th[data-k=name]").focus()')
        page.key('Enter')
        check('sorted by key', (cells(page, 0)[3].split()[0], page.ask('document.querySelector("th[data-k=name]").ariaSort')),
              (sorted(page.ask('view.totals.map(row => row.name)'))[0], 'ascending'))
        page.ask('dispatchEvent(new Event("beforeprint"))')
        check('on paper', page.ask('[isDark(), canvas.clientHeight === $("height").clientHeight]'), [False, True])
        page.ask('dispatchEvent(new Event("afterprint"))')
        check('on the screen again', page.ask('[isDark(), canvas.clientHeight === flame.clientHeight]'), [dark, True])
        page.key('l')
        check('lines', page.ask('view.lines && view.totals.some(row => row.line === 47)'), True)
        page.key('d')
        check('the other light', page.ask('isDark()'), not dark)
        page.key('t')
        check('without table', page.ask('getComputedStyle(document.querySelector("aside")).display'), 'none')
        page.key('?')
        check('keys', page.ask('$("keys").open'), True)
        page.key('Escape')
        check('errors', page.errors, [])


# Frame times: from a click on until the graph stands, by the browser's own clock; and what drawing takes
# where nothing is in its way, which is the least of many.
DRAW = '''(() => {
	const once = () => { const begin = performance.now(); draw(); return performance.now() - begin; };
	return Math.min(...Array.from({length: 30}, once));
})()'''
MOVE = '''new Promise(done => {
	const times = [], begin = performance.now();
	let last = begin;
	zoomTo(children(children(view.root)[0])[0]);
	const tick = now => {
		times.push(now - last); last = now;
		if (now - begin < 400) requestAnimationFrame(tick); else done(times.sort((a, b) => a - b));
	};
	requestAnimationFrame(tick);
})'''
TURN = '(() => { const begin = performance.now(); change("inverted", true, false); return performance.now() - begin; })()'


def many():
    """Generous limits: a machine that is busy with other tests is some times slower than an idle one."""
    with Browser('many.html', 1400, 900) as page:
        check('stacks', page.ask('S') >= 50000, True)
        times = page.ask(MOVE)
        median, worst, turned, least = times[len(times) // 2], times[-1], page.ask(TURN), page.ask(DRAW)
        page.shot('many.png')
        print('50,000 stacks: loaded in %.1f s; drawn in %.1f ms; frames of a zoom %.0f ms, the longest %.0f ms; '
              'turned over in %.0f ms' % (page.loaded, least, median, worst, turned))
        check('loads soon', page.loaded < 20, True)
        check('zooms fluidly', least < 33 and median < 80 and worst < 1000, True)
        check('turns over soon', turned < 5000, True)
        check('errors', page.errors, [])


def native():
    """a program without Go, at a telephone's size"""
    with Browser('native.html', 390, 844, True) as page:
        check('legend', page.ask('[...$("legend").children].map(span => span.textContent)'), ['C, C++, Rust', 'allocators, libc'])
        check('no scrolling sideways', page.ask('document.documentElement.scrollWidth'), 390)
        check('names have half of the width', page.ask('document.querySelector("#rows td:last-child").clientWidth > 180'), True)
        page.shot('native.png')
        check('errors', page.errors, [])


if not program():
    sys.exit(77)
through('page.html', False, 1400, 900, False)
through('diff.html', True, 800, 600, True)
native()
many()
print('\n'.join(FAILURES))
sys.exit(1 if FAILURES else 0)
