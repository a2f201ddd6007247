import { useEffect, useMemo, useRef, useState, type JSX } from 'react';
import { coloured, type Run } from '../ansi';
import { errorLines, occurrences, type Place } from '../finding';
import { bytes } from '../format';
import { LogTail, NOTHING, type Tail } from '../tail';
import type { LogKind, Transport } from '../transport';
import { Failure, Message } from './Message';

interface Props {
  transport: Transport;
  workflowId: number;
  jobId: number;
  attempt: number;
  running: boolean;
  first: LogKind;
}

/** What a job writes, as it writes it. */
export function LogViewer(props: Props): JSX.Element {
  const [kind, setKind] = useState<LogKind>(props.first);
  const [words, setWords] = useState('');
  const [errors, setErrors] = useState(false);
  const [current, setCurrent] = useState(0);
  const [follow, setFollow] = useState(true);
  const [tail, earlier] = useTail(props, kind, props.running && follow);
  const { text, runs } = useMemo(() => coloured(tail.text), [tail.text]);
  const found = useMemo(() => (errors ? errorLines(text) : occurrences(text, words)), [text, words, errors]);
  const at = found.length ? current % found.length : 0;
  const step = (by: number): void => setCurrent((at + by + found.length) % Math.max(1, found.length));

  return (
    <div className="jp-Torc-log">
      <div className="jp-Torc-tools">
        <div className="jp-Torc-switch" role="group" aria-label="Output">
          {(['stdout', 'stderr'] as const).map((name) => (
            <button key={name} type="button" aria-pressed={kind === name} onClick={() => setKind(name)}>
              {name}
            </button>
          ))}
        </div>
        <input
          type="search"
          className="jp-Torc-search"
          placeholder="Search in the output"
          aria-label="Search in the output"
          value={words}
          onInput={(event) => {
            setWords(event.currentTarget.value);
            setErrors(false);
            setCurrent(0);
          }}
          onKeyDown={(event) => event.key === 'Enter' && step(event.shiftKey ? -1 : 1)}
        />
        {(words || errors) && (
          <span className="jp-Torc-found" role="status">
            {found.length ? `${at + 1} of ${found.length}` : 'none'}
          </span>
        )}
        <button
          type="button"
          className="jp-Torc-button"
          title="Go to the next line that tells of an error"
          onClick={() => (errors ? step(1) : (setErrors(true), setCurrent(0)))}
        >
          Next error
        </button>
        {props.running && (
          <label className="jp-Torc-check">
            <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.currentTarget.checked)} />
            Follow
          </label>
        )}
        {tail.state === 'ready' && <span className="jp-Torc-found">{bytes(tail.size)}</span>}
      </div>
      <Content
        key={`${props.jobId} ${props.attempt} ${kind}`}
        {...{ tail, text, runs, found, at, kind, earlier }}
        stick={props.running && follow && !found.length}
      />
    </div>
  );
}

function useTail(props: Props, kind: LogKind, following: boolean): [Tail, () => void] {
  const { transport, workflowId, jobId, attempt } = props;
  const [tail, setTail] = useState<Tail>(NOTHING);
  const reader = useRef<LogTail | null>(null);
  useEffect(() => {
    setTail(NOTHING);
    const opened = new LogTail(transport, workflowId, jobId, kind, setTail);
    reader.current = opened;
    return () => opened.close();
  }, [transport, workflowId, jobId, attempt, kind]);
  useEffect(() => reader.current?.follow(following), [following, jobId, attempt, kind]);
  return [tail, () => void reader.current?.earlier()];
}

interface ContentProps {
  tail: Tail;
  text: string;
  runs: readonly Run[];
  found: Place[];
  at: number;
  kind: LogKind;
  stick: boolean;
  earlier(): void;
}

function Content({ tail, text, runs, found, at, kind, stick, earlier }: ContentProps): JSX.Element {
  const view = useRef<HTMLPreElement>(null);
  const opened = useRef(false);
  useEffect(() => {
    const box = view.current;
    if (!box) return;
    // Of a long output the end is read first, and the end of it says how the job ended.
    const opensAtEnd = !opened.current && tail.start > 0;
    opened.current = true;
    const mark = box.querySelector<HTMLElement>('[data-current]');
    if (mark) box.scrollTop = mark.offsetTop - box.clientHeight / 2;
    else if (stick || opensAtEnd) box.scrollTop = box.scrollHeight;
  }, [text, found, at, stick, tail.start]);
  if (tail.state === 'loading') return <Message kind="loading">Reading output…</Message>;
  if (tail.state === 'missing') return <Message kind="empty">No {kind} here: {tail.error?.message}</Message>;
  if (tail.state === 'failed' && tail.error) return <Failure error={tail.error} />;
  if (!tail.size) return <Message kind="empty">Nothing was written to {kind}.</Message>;
  return (
    <>
      {tail.start > 0 && (
        <button type="button" className="jp-Torc-link" onClick={earlier}>
          Show earlier output ({bytes(tail.start)} more)
        </button>
      )}
      <pre ref={view} className="jp-Torc-output" tabIndex={0} aria-label={`The job's ${kind}`}>
        {marked(text, runs, found, at)}
      </pre>
    </>
  );
}

type Parts = Array<string | JSX.Element>;

function marked(text: string, runs: readonly Run[], found: Place[], current: number): Parts {
  const paint = painter(text, runs);
  const parts: Parts = [];
  let end = 0;
  found.forEach(([from, to], position) => {
    parts.push(...paint(end, from));
    parts.push(
      <mark key={`mark ${from}`} data-current={position === current ? '' : undefined}>
        {paint(from, to)}
      </mark>,
    );
    end = to;
  });
  parts.push(...paint(end, text.length));
  return parts;
}

/** Return what gives a stretch of the text its colours; stretches are asked for from front to back. */
function painter(text: string, runs: readonly Run[]): (from: number, to: number) => Parts {
  let next = 0;
  return (from, to) => {
    const parts: Parts = [];
    let at = from;
    while (at < to) {
      while (next < runs.length && runs[next]!.end <= at) next += 1;
      const run = runs[next];
      const start = Math.min(run?.start ?? to, to);
      if (start > at) parts.push(text.slice(at, start));
      if (!run || start === to) break;
      at = Math.max(at, start);
      const end = Math.min(run.end, to);
      parts.push(
        <span key={at} style={run.style}>
          {text.slice(at, end)}
        </span>,
      );
      at = end;
    }
    return parts;
  };
}
