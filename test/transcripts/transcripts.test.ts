import { expect, test } from 'vitest';
import { storiesOfFolder } from './stories-of-folder.js';
import { playStory, rewriteStory } from './story.js';

const stories = storiesOfFolder('test/testdata');

test('there are stories of every kind', () => {
  for (const kind of ['interaction', 'confchange', 'quorum']) {
    expect(stories.some(({ path }) => path.includes(`/${kind}/`))).toBe(true);
  }
});

for (const { path, text, newRunner } of stories) {
  test(path, () => {
    const failure = playStory(text, newRunner());
    if (failure) expect(failure.actual, `line ${failure.line}: ${failure.command}`).toBe(failure.expected);
  });

  test(`${path} is written again as it stands`, () => {
    expect(rewriteStory(text, newRunner())).toBe(text);
  });
}
