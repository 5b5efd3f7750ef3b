import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkout } from '../tidy/source-tree.js';

/** Members of each exported class, interface and enum, and the names of all exports, as the reviewed public interface lists them. */
function exportsOf(api: string): ReadonlyMap<string, ReadonlySet<string>> {
  const exported = new Map<string, Set<string>>();
  for (const block of api.split('\n\n')) {
    const [head = '', ...body] = block.split('\n');
    const name = /^(?:class|interface|enum|type|const|function) (\w+)/.exec(head)?.[1];
    if (name === undefined) continue;
    const members = exported.get(name) ?? new Set();
    for (const line of body) {
      const member = /^ {2}(?:static |readonly |get )*(\w+)/.exec(line)?.[1];
      if (member !== undefined) members.add(member);
    }
    // Fields that a constructor declares.
    for (const [, field] of block.matchAll(/readonly (\w+)\??: /g)) if (field !== undefined) members.add(field);
    exported.set(name, members);
  }
  return exported;
}

/** Names in the last column that are not exported, each with its row. */
function missing(page: string, exported: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const rows = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| raft-rs'));
  return rows.flatMap((row) => {
    const cell = row.slice(0, -2).split(' | ').at(-1) ?? '';
    return [...cell.matchAll(/`([A-Za-z_.]+)`/g)].flatMap(([, name = '']) => {
      const [type = '', member] = name.split('.');
      const members = exported.get(type);
      return members === undefined || (member !== undefined && !members.has(member)) ? [`${name} in ${row}`] : [];
    });
  });
}

const page = readFileSync(join(checkout, 'docs/names.md'), 'utf8');
const exported = exportsOf(readFileSync(join(checkout, 'test/raft/public-api.txt'), 'utf8'));

test('every name that the page of names gives for one of raft-rs or etcd/raft is exported', () => {
  expect(page.match(/^\| /gm)?.length).toBeGreaterThan(70);
  expect(missing(page, exported)).toEqual([]);
});

test('every method of a node and every knob is on that page', () => {
  for (const type of ['RawNode', 'Knobs']) {
    const members = [...(exported.get(type) ?? [])].filter(
      (member) => !['constructor', 'raft', 'knobs'].includes(member),
    );
    expect(members.length).toBeGreaterThan(10);
    expect(members.filter((member) => !page.includes(`\`${type}.${member}\``))).toEqual([]);
  }
});

test('a name that is not there is found', () => {
  const planted = '| raft-rs | here |\n|---|---|\n| `a` | `RawNode.fly`, `RawNode.tick`, `Nothing` |\n';
  expect(missing(planted, exported).map((one) => one.split(' ')[0])).toEqual(['RawNode.fly', 'Nothing']);
});
