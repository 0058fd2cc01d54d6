/**
 * The browser's border: what the page sends and what is streamed back, twins of `jupyter_codecompose/wire.py`.
 *
 * Both are tested against the messages in `tests/contract/`. Nothing here knows of HTTP, of editors, or of the text
 * on the screen; past `decodeEvent` nobody checks a message again.
 */

export const MAX_CELLS = 4096;
export const MAX_NAME = 512;

/** A cell is never changed: what was made of it is kept. */
export interface ICell {
  readonly kind: 'code' | 'markdown' | 'raw';
  readonly source: string;
  readonly outputs: string;
  /** The kernel's count of executions when it last ran. */
  readonly count: number | null;
  /** Whether its text is another one by now. */
  readonly edited: boolean;
  /** Whether nothing of it may be sent on; its text is left out. */
  readonly excluded: boolean;
}

/**
 * A cursor in a document at one moment. `cursor` counts code points in the source of the cell at `active`.
 */
export interface ISnapshot {
  editor: string;
  path: string;
  language: string;
  cells: ICell[];
  active: number;
  cursor: number;
  kernel: string | null;
  /** While typing, by hand, or by the page in a pause where the host asks for nothing. */
  trigger: 'automatic' | 'invoke' | 'pause';
}

/** More text of the suggestion: a piece, not the whole. */
export interface IChunk {
  type: 'chunk';
  text: string;
}

export interface IExplanation {
  prompt: string;
  prompt_tokens: number;
  reused_tokens: number;
  steps_ms: Record<string, number>;
  sent?: Record<string, number>;
  of?: Record<string, number>;
  ways?: number[];
  cut?: string[];
}

/** What a suggestion was made from: how much was sent, and how many tokens of it were read; 0 where nobody said. */
export interface IUsed {
  cells: number;
  facts: number;
  tokens: number;
}

/** The last word of a request that went well. */
export interface IEnd {
  type: 'end';
  reason: 'stop' | 'length' | 'silent';
  model?: string;
  milliseconds?: number;
  used?: IUsed | null;
  explanation?: IExplanation | null;
}

/** The last word of a request that did not: a code for the page, a sentence for the person. */
export interface IFault {
  type: 'fault';
  code: 'loading' | 'down' | 'refused' | 'busy' | 'invalid' | 'internal';
  message: string;
  progress?: number | null;
}

/** What went to the worker last, as text, and how many secrets of each family were masked in the document. */
export interface ISent {
  body: string;
  masked: Record<string, number>;
}

export type Event = IChunk | IEnd | IFault;

/** `progress` runs from 0 to 1 while the model loads; `message` is a sentence. */
export interface IStatus {
  state: 'off' | 'starting' | 'loading' | 'ready' | 'failed';
  progress: number;
  message: string;
  model: string;
  version: string;
}

/** JSON of a snapshot, without what the server takes for granted. At a key most cells are the very same: made once. */
export function encodeSnapshot({ cells, ...rest }: ISnapshot): string {
  const { active } = rest;
  const isKept =
    encoded.active === active &&
    encoded.cells.length === cells.length &&
    cells.every((cell, at) => at === active || cell === encoded.cells[at]);
  if (!isKept) {
    const all = cells.map(cell => `,${jsonOf(cell)}`);
    encoded = {
      cells,
      active,
      above: all.slice(0, active).join(''),
      below: all.slice(active + 1).join('')
    };
  }
  const cell = cells[active];
  const json = `${encoded.above}${cell ? `,${jsonOf(cell)}` : ''}${encoded.below}`;
  return `${JSON.stringify(rest).slice(0, -1)},"cells":[${json.slice(1)}]}`;
}

/** What came is no message of ours: the page or the server is older than the other. */
export class Garbled extends Error {}

/** The event in `value`. Throws `Garbled` where there is none. */
export const decodeEvent = decoder(isEvent);

/** The status in `value`. Throws `Garbled` where there is none. */
export const decodeStatus = decoder(isStatus);

/** What was sent, in `value`. Throws `Garbled` where there is nothing. */
export const decodeSent = decoder(isSent);

function decoder<T>(is: (value: unknown) => value is T): (value: unknown) => T {
  return value => {
    if (is(value)) {
      return value;
    }
    throw new Garbled();
  };
}

type Check = (value: unknown) => boolean;
type Shape = Record<string, Check>;

const isText: Check = value => typeof value === 'string';
const isNumber: Check = value => Number.isFinite(value);
const isNumbers: Check = value =>
  isObject(value) && Object.values(value).every(isNumber);
const isList =
  (check: Check): Check =>
  value =>
    Array.isArray(value) && value.every(check);
const oneOf =
  (...allowed: string[]): Check =>
  value =>
    allowed.includes(value as string);
const orNull =
  (check: Check): Check =>
  value =>
    value === null || check(value);

const EXPLANATION: Shape = {
  prompt: isText,
  prompt_tokens: isNumber,
  reused_tokens: isNumber,
  steps_ms: isNumbers
};
const EXPLAINED: Shape = {
  sent: isNumbers,
  of: isNumbers,
  ways: isList(isNumber),
  cut: isList(isText)
};
const USED: Shape = { cells: isNumber, facts: isNumber, tokens: isNumber };
const NONE: Shape = {};
const EVENTS = new Map<unknown, { required: Shape; optional: Shape }>([
  ['chunk', { required: { text: isText }, optional: NONE }],
  [
    'end',
    {
      required: { reason: oneOf('stop', 'length', 'silent') },
      optional: {
        model: isText,
        milliseconds: isNumber,
        used: orNull(value => fits(value, USED, NONE)),
        explanation: orNull(value => fits(value, EXPLANATION, EXPLAINED))
      }
    }
  ],
  [
    'fault',
    {
      required: {
        code: oneOf(
          'loading',
          'down',
          'refused',
          'busy',
          'invalid',
          'internal'
        ),
        message: isText
      },
      optional: { progress: orNull(isNumber) }
    }
  ]
]);
const STATUS: Shape = {
  state: oneOf('off', 'starting', 'loading', 'ready', 'failed'),
  progress: isNumber,
  message: isText,
  model: isText,
  version: isText
};
const SENT: Shape = { body: isText, masked: isNumbers };

function isEvent(value: unknown): value is Event {
  if (!isObject(value)) {
    return false;
  }
  const { type, ...fields } = value;
  const shape = EVENTS.get(type);
  return !!shape && fits(fields, shape.required, shape.optional);
}

function isStatus(value: unknown): value is IStatus {
  return fits(value, STATUS, NONE);
}

function isSent(value: unknown): value is ISent {
  return fits(value, SENT, NONE);
}

function fits(value: unknown, required: Shape, optional: Shape): boolean {
  if (!isObject(value)) {
    return false;
  }
  const checks = new Map(Object.entries({ ...required, ...optional }));
  return (
    Object.keys(required).every(name => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, field]) => checks.get(name)?.(field))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonOf(cell: ICell): string {
  const json = jsons.get(cell) ?? JSON.stringify(cell, withoutDefaults);
  jsons.set(cell, json);
  return json;
}

function withoutDefaults(key: string, value: unknown): unknown {
  return value === null ||
    value === false ||
    (value === '' && key === 'outputs')
    ? undefined
    : value;
}

const jsons = new WeakMap<ICell, string>();

/** What was made of the last snapshot's cells, but for the active one; each with a comma before it. */
let encoded = { cells: [] as ICell[], active: -1, above: '', below: '' };
