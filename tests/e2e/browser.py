#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""browser.py - a page in headless Chromium, with real clicks and keys, over its debugging pipe

    with Browser(path, width, height) as page: page.click(x, y); page.key('i'); page.ask('1 + 1')

Commands and answers are JSON that ends in a zero byte, on descriptors 3 and 4 of the browser
(Chrome DevTools Protocol). Every wait has a limit. Whatever the page throws or logs as an error is
kept in page.errors."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ('chromium', 'chromium-browser', 'chromium-headless-shell', 'google-chrome')
CODES = {'Enter': 13, 'Escape': 27, 'Backspace': 8, 'ArrowLeft': 37, 'ArrowUp': 38, 'ArrowRight': 39, 'ArrowDown': 40}


def pipe():
    """with numbers that are not in the way of 3 and 4"""
    low = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in low]
    for end in low:
        os.close(end)
    return high


def program():
    return next((found for found in map(shutil.which, NAMES) if found), None)


class Browser:
    def __init__(self, path, width, height, dark=False):
        self.size, self.dark, self.errors, self.number, self.rest = (width, height), dark, [], 0, b''
        to_read, self.to = pipe()
        self.from_, from_write = pipe()
        wrap = 'exec "$0" "$@" 3<&%d 4>&%d' % (to_read, from_write)
        self.process = subprocess.Popen(
            ['bash', '-c', wrap, program(), '--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
             '--remote-debugging-pipe', '--user-data-dir=' + tempfile.mkdtemp(dir=os.getcwd(), prefix='profile.'), 'about:blank'],
            pass_fds=(to_read, from_write), stdout=subprocess.DEVNULL, stderr=open('chromium.err', 'w'))
        os.close(to_read)
        os.close(from_write)
        self.session = None
        target = self.wait_for(lambda: next((t for t in self.send('Target.getTargets')['targetInfos']
                                             if t['type'] == 'page'), None))
        self.session = self.send('Target.attachToTarget', targetId=target['targetId'], flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Log'):
            self.send(domain + '.enable')
        self.send('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.send('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])
        start = time.time()
        self.send('Page.navigate', url='file://' + os.path.abspath(path))
        self.wait_for(lambda: self.ask('document.readyState') == 'complete')
        self.loaded = time.time() - start

    def __enter__(self):
        return self

    def __exit__(self, *why):
        try:
            self.session = None
            self.send('Browser.close', limit=5)
            self.process.wait(5)
        except (OSError, EOFError, TimeoutError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.from_)

    def read(self, limit):
        end = time.time() + limit
        while b'\0' not in self.rest:
            if not select.select([self.from_], [], [], max(0, end - time.time()))[0]:
                raise TimeoutError('the browser does not answer')
            got = os.read(self.from_, 1 << 16)
            if not got:
                raise EOFError('the browser has ended')
            self.rest += got
        message, self.rest = self.rest.split(b'\0', 1)
        return json.loads(message)

    def send(self, method, limit=60, **parameters):
        self.number += 1
        command = {'id': self.number, 'method': method, 'params': parameters}
        if self.session:
            command['sessionId'] = self.session
        os.write(self.to, json.dumps(command).encode() + b'\0')
        while True:
            answer = self.read(limit)
            if answer.get('method') == 'Runtime.exceptionThrown':
                self.errors.append(json.dumps(answer['params']['exceptionDetails'])[:500])
            if answer.get('method') == 'Log.entryAdded' and answer['params']['entry']['level'] == 'error':
                self.errors.append(answer['params']['entry']['text'])
            if answer.get('id') == self.number:
                if 'error' in answer:
                    raise RuntimeError('%s: %s' % (method, answer['error']))
                return answer['result']

    def wait_for(self, what, limit=60):
        end = time.time() + limit
        while True:
            got = what()
            if got:
                return got
            if time.time() > end:
                raise TimeoutError('waited %d seconds' % limit)
            time.sleep(0.02)

    def ask(self, expression):
        result = self.send('Runtime.evaluate', expression=expression, returnByValue=True, awaitPromise=True)
        if 'exceptionDetails' in result:
            raise RuntimeError('%s: %s' % (expression, json.dumps(result['exceptionDetails'])[:500]))
        return result['result'].get('value')

    def mouse(self, kind, x, y, **more):
        self.send('Input.dispatchMouseEvent', type=kind, x=x, y=y, **more)

    def move(self, x, y):
        self.mouse('mouseMoved', x, y)

    def click(self, x, y):
        self.move(x, y)
        self.mouse('mousePressed', x, y, button='left', clickCount=1)
        self.mouse('mouseReleased', x, y, button='left', clickCount=1)

    def press(self, selector):
        """click on the middle of an element"""
        x, y = self.ask('(r => [r.x + r.width / 2, r.y + r.height / 2])'
                        '(document.querySelector(%s).getBoundingClientRect())' % json.dumps(selector))
        self.click(x, y)

    def key(self, key):
        event = {'key': key, 'windowsVirtualKeyCode': CODES.get(key, 0)}
        if len(key) == 1:
            event['text'] = key
            event['windowsVirtualKeyCode'] = ord(key.upper()) if key.isalnum() else 0
        elif key == 'Enter':
            event['text'] = '\r'
        self.send('Input.dispatchKeyEvent', type='keyDown', **event)
        self.send('Input.dispatchKeyEvent', type='keyUp', key=key)

    def type(self, text):
        for letter in text:
            self.key(letter)

    def shot(self, name):
        with open(name, 'wb') as out:
            out.write(base64.b64decode(self.send('Page.captureScreenshot', format='png')['data']))
