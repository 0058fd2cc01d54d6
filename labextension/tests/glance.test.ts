import { describe, expect, it } from 'vitest';
import { factsOf, type IGlance, sentencesOf, wordOf } from '../src/glance';
import type { IFigures } from '../src/generation';
import type { IOff } from '../src/here';
import type { IFault, IStatus } from '../src/wire';
import { READY, trans } from './fakes';

const ANSWER: IFigures = {
  model: 'fake',
  first: 38.4,
  whole: 61.2,
  used: { cells: 7, facts: 1, tokens: 812 }
};

interface IHow extends Partial<IStatus> {
  trouble?: IFault['code'];
  isOn?: boolean;
  isBusy?: boolean;
  last?: IFigures;
  off?: IOff['what'];
}

function glance(how: IHow = {}): IGlance {
  const { trouble, isOn, isBusy, last, off, ...status } = how;
  return {
    status: { status: { ...READY, ...status }, trouble: trouble ?? null },
    power: { isOn: isOn ?? true },
    here: { off: off ? { what: off, language: 'sql' } : null },
    meter: { isBusy: isBusy ?? false, last: last ?? null }
  };
}

describe('one word', () => {
  it.each<[string, IHow]>([
    ['idle', { state: 'off' }],
    ['starting', { state: 'starting' }],
    ['loading', { state: 'loading', progress: 0 }],
    ['loading 31 %', { state: 'loading', progress: 0.319 }],
    ['failed', { state: 'failed', isOn: false }],
    ['fake', {}],
    ['ready', { model: '' }],
    ['fake · 38 ms', { last: ANSWER }],
    ['busy', { last: ANSWER, isBusy: true }],
    ['busy', { trouble: 'busy' }],
    ['error', { last: ANSWER, trouble: 'internal' }],
    ['paused', { last: ANSWER, isOn: false, isBusy: true }],
    ['off in this cell', { last: ANSWER, off: 'cell' }],
    ['off in this document', { state: 'off', off: 'document' }],
    ['off in this document', { off: 'excluded' }],
    ['off for sql', { off: 'language', isBusy: true }],
    ['paused', { off: 'cell', isOn: false }],
    ['failed', { off: 'cell', state: 'failed' }],
    ['loading', { off: 'cell', state: 'loading', progress: 0 }]
  ])('is %j for %j', (word, how) => {
    expect(wordOf(glance(how), trans)).toBe(word);
  });
});

describe('sentences', () => {
  it.each<[string, IHow]>([
    ['The model starts with the first suggestion.', { state: 'off' }],
    ['The model is being loaded.', { state: 'loading' }],
    ['Downloading X.', { state: 'loading', message: 'Downloading X.' }],
    ['Suggestions appear as you type. Tab accepts one.', {}],
    ['Suggestions come only when you ask for them: Alt+\\.', { isOn: false }]
  ])('are %j for %j', (sentence, how) => {
    expect(sentencesOf(glance(how), trans)).toEqual([sentence]);
  });

  it('go on with what the server says', () => {
    expect(
      sentencesOf(glance({ message: 'Not for commercial use.' }), trans)
    ).toEqual([
      'Suggestions appear as you type. Tab accepts one.',
      'Not for commercial use.'
    ]);
  });

  it.each<[IOff['what'], string]>([
    ['cell', 'Leave This Cell Out'],
    ['document', 'Suggest in This Document'],
    ['language', 'Suggest in This Language'],
    ['excluded', 'enabled']
  ])('say of what is off in a %s how it is turned on', (off, how) => {
    const [sentence, ...others] = sentencesOf(glance({ off }), trans);
    expect(sentence).toContain(how);
    expect(others).toEqual([]);
    expect(sentencesOf(glance({ off, isOn: false }), trans)).toEqual([
      'Suggestions come only when you ask for them: Alt+\\.',
      sentence
    ]);
    const loading = { off, state: 'loading', message: 'Loading.' } as const;
    expect(sentencesOf(glance(loading), trans)).toEqual(['Loading.', sentence]);
  });

  it('say what to do where nothing works', () => {
    const [what, then] = sentencesOf(
      glance({ state: 'failed', message: 'No worker.' }),
      trans
    );
    expect(what).toBe('No worker.');
    expect(then).toContain('jupyter codecompose status');
  });
});

describe('facts', () => {
  it('tell of the last answer', () => {
    expect(factsOf(glance({ last: ANSWER }), trans)).toEqual([
      ['Model', 'fake'],
      ['Last answer', '38 ms to its first text, 61 ms in all'],
      ['Made from', '7 cells, 1 fact of the kernel, 812 tokens'],
      ['Version', '0.1.0']
    ]);
  });

  it('leave out what is not known', () => {
    expect(factsOf(glance({ model: '' }), trans)).toEqual([
      ['Version', '0.1.0']
    ]);
    const last = { ...ANSWER, used: null };
    expect(factsOf(glance({ last }), trans).map(([name]) => name)).toEqual([
      'Model',
      'Last answer',
      'Version'
    ]);
    const used = { cells: 1, facts: 0, tokens: 0 };
    expect(
      factsOf(glance({ last: { ...ANSWER, used } }), trans)
    ).toContainEqual(['Made from', '1 cell, 0 facts of the kernel']);
  });
});
