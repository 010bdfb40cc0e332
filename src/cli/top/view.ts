/** What is on the screen, as lines of plain text with the few marks that a terminal knows. No terminal here. */

import { stripVTControlCharacters } from 'node:util';
import type { Rates } from '../../control/rates.js';
import type { Snapshot } from '../../control/types.js';
import { COLUMNS, type Column, columnsFor, type Row, rowOf, sortRows } from './columns.js';
import { count, duration, plainText, rate } from './text.js';

export interface Look {
  /** Whether there may be colours, and more than ASCII. */
  hasColour: boolean;
  isUtf8: boolean;
}

export interface Size {
  columns: number;
  rows: number;
}

export interface Choice {
  /** Of COLUMNS. */
  sort: number;
  isDescending: boolean;
  /** The selected seat. */
  seat: number | null;
}

/** With the name by which it is found. */
export type Named = Snapshot & { name: string };

export interface Shown {
  snapshot: Named | null;
  rates: Rates | null;
  choice: Choice;
  /** What is said in the last line. */
  message: string;
  /** Set while nobody answers. */
  waiting: string | null;
  isHelp: boolean;
}

const NO_RATES = { dealt: 0, receivedPerSecond: null, cpu: null };

const STYLES = {
  bold: '\x1b[1m',
  reverse: '\x1b[7m',
  red: '\x1b[31m',
  green: '\x1b[32m',
  yellow: '\x1b[33m',
} as const;
type Style = keyof typeof STYLES;

const HELP = [
  'up, down, k, j    select a worker',
  'left, right, <, > choose the column to sort by',
  'i                 turn the order',
  'R                 restart the selected worker: a new one serves before the old one drains',
  'd                 drain the selected worker: its seat stays empty until it is restarted',
  '+, -              one worker more, one less',
  '?, h              this help',
  'q                 end',
];

/** Lines that fit into the terminal, no more than it has. */
export function linesOf(shown: Shown, size: Size, look: Look): string[] {
  const head = headOf(shown, size.columns, look);
  const room = Math.max(1, size.rows - head.length - 1);
  const body = shown.isHelp
    ? HELP.map((line) => cut(line, size.columns)).slice(0, room)
    : tableOf(shown, { columns: size.columns, rows: room }, look);
  while (body.length < room) body.push('');
  const last = cut(plainText(shown.message || 'q ends, ? shows all keys'), size.columns);
  return [...head, ...body, last].slice(0, size.rows);
}

function headOf({ snapshot, rates, waiting }: Shown, columns: number, look: Look): string[] {
  const notice =
    waiting === null ? null : painted(cut(plainText(waiting), columns), 'yellow', look);
  if (snapshot === null) return [notice ?? '', ''];
  return [...summaryOf(snapshot, rates, columns, look).slice(0, 2), notice ?? ''];
}

/** Two lines on the whole. */
export function summaryOf(
  snapshot: Named,
  rates: Rates | null,
  columns: number,
  look: Look,
): [string, string] {
  const { name, state, isDegraded, versions, pid, uptimeMs, seats, dealing, workers, ready } =
    snapshot;
  const isWell = state === 'running' && !isDegraded;
  const word = isDegraded && state === 'running' ? 'degraded' : state;
  const about = `${plainText(name)}  up ${duration(uptimeMs)}  pid ${pid}  rondo ${versions.rondo}  Node ${versions.node}`;
  const sum = (key: 'open' | 'pending' | 'failures'): number =>
    seats.reduce((total, seat) => total + seat[key], 0);
  const figures = [
    `${ready} of ${workers} ready`,
    `accepted ${rate(rates?.acceptedPerSecond ?? null)}/s`,
    `open ${count(sum('open'))}`,
    `waiting ${count(dealing?.waiting ?? null)}`,
    `pending ${count(sum('pending'))}`,
    `failures ${count(sum('failures'))}`,
  ];
  const line = cut(`${word}  ${about}`, columns);
  const badge = painted(line.slice(0, word.length), isWell ? 'green' : 'red', look, 'bold');
  return [`${badge}${line.slice(word.length)}`, cut(figures.join('  '), columns)];
}

function tableOf({ snapshot, rates, choice }: Shown, size: Size, look: Look): string[] {
  if (snapshot === null) return [];
  const columns = columnsFor(size.columns);
  const sorted = COLUMNS[choice.sort] as Column;
  const rows = rowsOf(snapshot, rates, choice);
  const selected = Math.max(
    0,
    rows.findIndex(({ seat }) => seat.seat === choice.seat),
  );
  const room = Math.max(0, size.rows - 1);
  // The selected one stays in sight.
  const first = Math.max(0, Math.min(selected - Math.floor(room / 2), rows.length - room));
  const lines = rows.slice(first, first + room).map((row) => {
    const text = cellsOf(row, columns).padEnd(size.columns).slice(0, size.columns);
    return row.seat.seat === choice.seat
      ? painted(text, 'reverse', look)
      : coloured(text, row, look);
  });
  return [headingOf(columns, sorted, choice.isDescending, size.columns, look), ...lines];
}

export function rowsOf(snapshot: Snapshot, rates: Rates | null, choice: Choice): Row[] {
  const rows = snapshot.seats.map((seat) => rowOf(seat, rates?.seats.get(seat.seat) ?? NO_RATES));
  return sortRows(rows, COLUMNS[choice.sort] as Column, choice.isDescending);
}

/** Without a terminal: all columns and rows, and no marks. */
export function plainTable(snapshot: Named, rates: Rates): string {
  const look = { hasColour: false, isUtf8: false };
  const choice = { sort: 0, isDescending: false, seat: null };
  const heading = COLUMNS.map(({ name, width, isLeft }) => fitted(name, width, isLeft)).join('');
  const rows = rowsOf(snapshot, rates, choice).map((row) => cellsOf(row, COLUMNS));
  const summary = summaryOf(snapshot, rates, Number.MAX_SAFE_INTEGER, look);
  return [...summary.map(stripVTControlCharacters), '', heading, ...rows]
    .map((line) => line.trimEnd())
    .join('\n');
}

function headingOf(
  columns: readonly Column[],
  sorted: Column,
  isDescending: boolean,
  width: number,
  look: Look,
): string {
  const [down, up] = look.isUtf8 ? ['▼', '▲'] : ['v', '^'];
  const names = columns.map((column) => {
    const name = column === sorted ? `${column.name}${isDescending ? down : up}` : column.name;
    return fitted(name, column.width, column.isLeft);
  });
  return painted(names.join('').padEnd(width).slice(0, width), 'reverse', look, 'bold');
}

function cellsOf(row: Row, columns: readonly Column[]): string {
  return columns.map((column) => fitted(column.text(row), column.width, column.isLeft)).join('');
}

/** With a blank before it at least. */
function fitted(text: string, width: number, isLeft = false): string {
  const cell = text.slice(0, width - 1);
  return isLeft ? ` ${cell.padEnd(width - 1)}` : cell.padStart(width);
}

function coloured(text: string, { worker, seat }: Row, look: Look): string {
  if (seat.state === 'stopped' || worker === null) return painted(text, 'red', look);
  return worker.state === 'ready' ? text : painted(text, 'yellow', look);
}

/** Reverse and bold are no colours. */
function painted(text: string, style: Style, { hasColour }: Look, also?: Style): string {
  const wanted = [style, ...(also === undefined ? [] : [also])].filter(
    (one) => hasColour || one === 'bold' || one === 'reverse',
  );
  if (wanted.length === 0) return text;
  return `${wanted.map((one) => STYLES[one]).join('')}${text}\x1b[0m`;
}

function cut(text: string, width: number): string {
  return text.length > width ? text.slice(0, Math.max(0, width)) : text;
}
