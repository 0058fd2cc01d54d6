/**
 * How things are, in words: one for the status bar, sentences for its tooltip, facts for the popup. Pure.
 *
 * It does not know how words are shown.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { Here, IOff } from './here';
import type { Meter } from './meter';
import type { StatusModel } from './status';
import type { Switch } from './switch';

/** What is told: of the server, of the switch, of the place of the cursor, and of the last answers. */
export interface IGlance {
  readonly status: Pick<StatusModel, 'status' | 'trouble'>;
  readonly power: Pick<Switch, 'isOn'>;
  readonly here: Pick<Here, 'off'>;
  readonly meter: Pick<Meter, 'last' | 'isBusy'>;
}

/** A name and what stands behind it. */
export type Fact = [name: string, value: string];

/** As short as can be. */
export function wordOf(glance: IGlance, trans: TranslationBundle): string {
  const { state, progress } = glance.status.status;
  switch (state) {
    case 'off':
      return quietWord(glance, trans) ?? trans.__('idle');
    case 'starting':
      return trans.__('starting');
    case 'loading':
      return progress > 0
        ? trans.__('loading %1 %', Math.floor(100 * progress))
        : trans.__('loading');
    case 'failed':
      return trans.__('failed');
    case 'ready':
      return readyWord(glance, trans);
  }
}

function readyWord(glance: IGlance, trans: TranslationBundle): string {
  const { status, meter } = glance;
  const quiet = quietWord(glance, trans);
  if (quiet) {
    return quiet;
  }
  if (meter.isBusy || status.trouble === 'busy') {
    return trans.__('busy');
  }
  if (status.trouble) {
    return trans.__('error');
  }
  const name = status.status.model || trans.__('ready');
  return meter.last ? `${name} · ${inMilliseconds(meter.last.first)}` : name;
}

/** Where nothing comes by itself. */
function quietWord(
  { power, here }: IGlance,
  trans: TranslationBundle
): string | null {
  if (!power.isOn) {
    return trans.__('paused');
  }
  switch (here.off?.what) {
    case 'cell':
      return trans.__('off in this cell');
    case 'language':
      return trans.__('off for %1', here.off.language);
    case 'document':
    case 'excluded':
      return trans.__('off in this document');
    default:
      return null;
  }
}

/** How things are, what the server says of it (that stands alone where nothing works), and what one can do. */
export function sentencesOf(
  glance: IGlance,
  trans: TranslationBundle
): string[] {
  const { state, message } = glance.status.status;
  const usual = usualSentence(glance, trans);
  const { off } = glance.here;
  if (state === 'failed') {
    return [
      message || usual,
      trans.__(
        'Where Jupyter Server runs, “jupyter codecompose status” checks each part and says what to do.'
      )
    ];
  }
  const here = off ? [offSentence(off, trans)] : [];
  if (state !== 'ready') {
    return [message || usual, ...here];
  }
  const first = off && glance.power.isOn ? [] : [usual];
  return [...first, ...here, ...(message ? [message] : [])];
}

/** What is off where the cursor is, and what turns it on again: a command by its name. */
export function offSentence(off: IOff, trans: TranslationBundle): string {
  switch (off.what) {
    case 'cell':
      return trans.__(
        'Nothing of this cell is sent or suggested. “Leave This Cell Out”, or its tag no-complete, changes that.'
      );
    case 'document':
      return trans.__(
        'Suggestions are off in this document. “Suggest in This Document” turns them on.'
      );
    case 'language':
      return trans.__(
        'Suggestions are off for %1. “Suggest in This Language” turns them on.',
        off.language
      );
    case 'excluded':
      return trans.__(
        'Nothing of this notebook is sent: its metadata say “enabled”: false.'
      );
  }
}

function usualSentence(
  { status, power }: IGlance,
  trans: TranslationBundle
): string {
  switch (status.status.state) {
    case 'off':
      return trans.__('The model starts with the first suggestion.');
    case 'starting':
      return trans.__('The model is starting.');
    case 'loading':
      return trans.__('The model is being loaded.');
    case 'failed':
      return trans.__('Suggestions do not work.');
    case 'ready':
      return power.isOn
        ? trans.__('Suggestions appear as you type. Tab accepts one.')
        : trans.__('Suggestions come only when you ask for them: Alt+\\.');
  }
}

/** The model, how quick its last answer was, what that was made from, and the version of all this. */
export function factsOf(
  { status, meter }: IGlance,
  trans: TranslationBundle
): Fact[] {
  const { model, version } = status.status;
  const { last } = meter;
  const facts: Fact[] = [[trans.__('Model'), last?.model || model]];
  if (last) {
    facts.push([
      trans.__('Last answer'),
      trans.__(
        '%1 to its first text, %2 in all',
        inMilliseconds(last.first),
        inMilliseconds(last.whole)
      )
    ]);
  }
  if (last?.used) {
    const { cells, facts: known, tokens } = last.used;
    const parts = [
      trans._n('%1 cell', '%1 cells', cells),
      trans._n('%1 fact of the kernel', '%1 facts of the kernel', known)
    ];
    if (tokens) {
      parts.push(trans._n('%1 token', '%1 tokens', tokens));
    }
    facts.push([trans.__('Made from'), parts.join(', ')]);
  }
  facts.push([trans.__('Version'), version]);
  return facts.filter(([, value]) => value);
}

function inMilliseconds(value: number): string {
  return `${Math.round(value)} ms`;
}
