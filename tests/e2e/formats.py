#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""formats.py FOLDER - the files that formats.sh wrote there, NAME.json and NAME.FORMAT, agree

The plain JSON is held against its schema, and everything else against it."""

import collections
import json
import re
import sys

FAILURES = []
INUSE_SPACE = 3


def check(what, got, wanted):
    if got != wanted:
        FAILURES.append('%s: %.300r, not %.300r' % (what, got, wanted))


def is_type(value, name):
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {'object': isinstance(value, dict), 'array': isinstance(value, list), 'string': isinstance(value, str),
            'boolean': isinstance(value, bool), 'null': value is None, 'number': number,
            'integer': number and isinstance(value, int)}[name]


def validate(value, schema, whole, at='$'):
    """what of JSON Schema report.schema.json uses"""
    if '$ref' in schema:
        schema = dict(whole['definitions'][schema['$ref'].split('/')[-1]])
    known = {'$ref', '$schema', 'title', 'description', 'definitions', 'type', 'enum', 'minimum', 'minItems', 'maxItems',
             'items', 'required', 'properties', 'additionalProperties'}
    check('schema words at ' + at, set(schema) - known, set())
    types = schema.get('type', [])
    types = [types] if isinstance(types, str) else types
    if (types and not any(is_type(value, name) for name in types)) or ('enum' in schema and value not in schema['enum']) or \
            (is_type(value, 'number') and value < schema.get('minimum', value)):
        FAILURES.append('%s is %.100r' % (at, value))
        return
    if isinstance(value, list):
        if not schema.get('minItems', 0) <= len(value) <= schema.get('maxItems', len(value)):
            FAILURES.append('%s has %d items' % (at, len(value)))
        for number, item in enumerate(value):
            validate(item, schema['items'], whole, '%s[%d]' % (at, number))
    if isinstance(value, dict):
        check('what is missing in ' + at, set(schema['required']) - set(value), set())
        check('what is unknown in ' + at, set(value) - set(schema['properties']), set())
        for name in set(value) & set(schema['properties']):
            validate(value[name], schema['properties'][name], whole, at + '.' + name)


def names_of(report, stack):
    return [report['functions'][frame['function']]['name'] for frame in stack['frames']]


def sums(pairs):
    total = collections.Counter()
    for key, value in pairs:
        total[key] += value
    return {key: value for key, value in total.items() if value}


def indices(report):
    for stack in report['stacks']:
        for frame in stack['frames']:
            check('a function', 0 <= frame['function'] < len(report['functions']), True)
        check('an owner', 0 <= stack.get('owner', 0) < max(1, len(stack['frames'])), True)


def folded(name, report):
    lines = [line.rstrip('\n').rsplit(' ', 1) for line in open(name + '.folded')]
    wanted = sums((';'.join(n.replace(';', ',') for n in reversed(names_of(report, stack))), stack['values'][INUSE_SPACE])
                  for stack in report['stacks'] if stack['frames'])
    check(name + ' folded', {text: int(value) for text, value in lines}, wanted)


def speedscope(name, report):
    """by speedscope's file-format-schema.json, in its words"""
    file = json.load(open(name + '.speedscope'))
    check('$schema', file['$schema'], 'https://www.speedscope.app/file-format-schema.json')
    check('keys', set(file), {'$schema', 'name', 'exporter', 'activeProfileIndex', 'shared', 'profiles'})
    check('active', file['activeProfileIndex'], INUSE_SPACE)
    frames = file['shared']['frames']
    for frame in frames:
        check('frame', set(frame) <= {'name', 'file', 'line', 'col'} and isinstance(frame['name'], str), True)
        check('file', isinstance(frame.get('file', ''), str) and isinstance(frame.get('line', 1), int), True)
    check('profiles', [profile['name'] for profile in file['profiles']], report['types'])
    for number, profile in enumerate(file['profiles']):
        check('keys of a profile', set(profile), {'type', 'name', 'unit', 'startValue', 'endValue', 'samples', 'weights'})
        check('type and unit', (profile['type'], profile['unit']), ('sampled', 'bytes' if number % 2 else 'none'))
        check('lengths', len(profile['samples']), len(profile['weights']))
        check('end', (profile['startValue'], profile['endValue']), (0, sum(profile['weights'])))
        got = sums((tuple(frames[frame]['name'] for frame in reversed(sample)), weight)
                   for sample, weight in zip(profile['samples'], profile['weights']))
        wanted = sums((tuple(names_of(report, stack)), max(0, stack['values'][number])) for stack in report['stacks'])
        check('%s speedscope %d' % (name, number), got, wanted)


def callgrind(name, report):
    """flat costs by line, as the format's specification has them: self costs stand alone, calls= takes the next line"""
    got, place, events, skip = collections.Counter(), [None, None], None, False
    for line in open(name + '.callgrind'):
        word = line.rstrip('\n')
        if word.startswith(('fl=', 'fn=')):
            place[word.startswith('fn=')] = word[3:]
        elif word.startswith('events: '):
            events = word[8:]
        elif word.startswith('summary: '):
            summary = int(word[9:])
        elif word.startswith('calls='):
            skip = True
        elif re.match(r'\d+ \d+$', word):
            if not skip:
                got[place[1]] += int(word.split()[1])
            skip = False
    check('events', events, 'inuse_space')
    check('summary', sum(got.values()), summary)
    if not report['difference']:
        wanted = sums((names_of(report, stack)[0], stack['values'][INUSE_SPACE]) for stack in report['stacks'] if stack['frames'])
        check(name + ' callgrind', {key: value for key, value in got.items() if value}, wanted)


def symbolized(name, report):
    """--raw: what google-pprof and jeprof make of it is tested in readers.sh"""
    text, profile = open(name + '.raw').read().split('---\n', 1)
    names = dict(re.findall(r'^(0x[0-9a-f]+) (.*)$', text, re.M))
    names = {int(address, 16): function for address, function in names.items()}
    got = []
    for line in profile.splitlines()[1:]:
        numbers, stack = line.split(' @ ')
        inuse, space, alloc, alloc_space = map(int, re.findall(r'\d+', numbers))
        addresses = [int(word, 16) for word in stack.split()]
        check('jeprof', all(names[address] == names[address - 1] for address in addresses), True)
        got.append((tuple(names[address] for address in addresses), (alloc, alloc_space, inuse, space)))
    wanted = [(tuple(re.sub(r'\((\*[^)]*)\)', r'\1', n) for n in names_of(report, stack)), tuple(max(0, v) for v in stack['values']))
              for stack in report['stacks'] if stack['frames'] and any(v > 0 for v in stack['values'])]
    check(name + ' raw', sorted(got), sorted(wanted))


def pprof(name, report):
    """go tool pprof -raw: each stack with its four values and its lines, mappings, time, period"""
    text = open(name + '.pprof').read()
    head, rest = text.split('\nSamples:\n')
    samples, rest = rest.split('\nLocations\n')
    locations, mappings = rest.split('\nMappings\n')
    check('period', 'PeriodType: space bytes\nPeriod: %d\n' % report['rate'] in head, True)
    check('time and duration', 'Time: 20' in head and '\nDuration: ' in head, True)
    check('comment', head.startswith('Comment: #leaktrack '), True)
    check('types', samples.splitlines()[0],
          'alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes[dflt]')
    lines_of, maps_of, number = {}, {}, None
    for line in locations.splitlines():
        found = re.match(r'\s*(\d+): 0x[0-9a-f]+ (?:M=(\d+) )?(.*)$', line)
        if found:
            number = int(found.group(1))
            lines_of[number], maps_of[number], line = [], found.group(2), found.group(3)
        named = re.match(r'\s*(.*) (\S*?):(\d+)(?::0)? s=\d+', line)  # the column since Go 1.22
        if named:
            lines_of[number].append((named.group(1), int(named.group(3))))
    for line in mappings.splitlines():
        check('mapping', bool(re.match(r'\d+: 0x[0-9a-f]+/0x[0-9a-f]+/0x[0-9a-f]+ /', line)), True)
    paths = dict(re.findall(r'^(\d+): \S+ (/\S+)', mappings, re.M))
    check('the first mapping', paths['1'], report['program'])
    check('mappings', {paths[m] for m in maps_of.values() if m} <= {f['module'] for f in report['functions']}, True)
    got = []
    for values, stack in re.findall(r'^((?: *-?\d+){4}): ([\d ]*)$', samples, re.M):
        frames = [line for location in stack.split() for line in lines_of[int(location)]]
        got.append((tuple(map(int, values.split())), tuple(frames)))
    wanted = []
    for stack in report['stacks']:
        if any(stack['values']) and stack['frames']:
            names = names_of(report, stack)
            wanted.append((tuple(stack['values']), tuple(
                (name, frame['line']) for name, frame in zip(names, stack['frames']) if not name.startswith('[lib'))))
    check(name + ' pprof', sorted(got), sorted(wanted))


folder = sys.argv[1]
with open(sys.argv[2]) as file:
    schema = json.load(file)
for kind in 'new', 'diff', 'frames':
    path = '%s/%s' % (folder, kind)
    plain = json.load(open(path + '.json'))
    validate(plain, schema, schema)
    check('difference', plain['difference'], kind == 'diff')
    check('some stacks', len(plain['stacks']) > 3, True)
    indices(plain)
    for reader in folded, speedscope, callgrind, symbolized, pprof:
        if reader is not pprof or sys.argv[3] == 'pprof':
            reader(path, plain)
print('\n'.join(FAILURES[:20]))
sys.exit(1 if FAILURES else 0)
