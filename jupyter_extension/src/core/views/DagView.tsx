import { useEffect, useMemo, useRef, useState, type JSX, type KeyboardEvent, type PointerEvent } from 'react';
import { count, counted } from '../format';
import { BOX, countsOfGroup, loudest, picture, present, statusIndex, type Box, type Picture } from '../picture';
import { LOOKS, type Counts } from '../status';
import type { State } from '../store';
import { Failure, Message } from './Message';
import { MiddleCut } from './MiddleCut';
import { StatusIcon } from './StatusIcon';

const MAX_HEIGHT = 380;
const MIN_HEIGHT = 140;
/** Boxes that are in the page at once at most; more come into it as the picture is moved. */
const MOST = 400;

interface Sight {
  x: number;
  y: number;
  scale: number;
}

interface Props {
  state: Pick<State, 'dag' | 'dagError' | 'jobs'>;
  selected: number | null;
  onSelect(jobId: number): void;
  onGroup(group: { label: string; ids: ReadonlySet<number> }): void;
}

/** What waits for what; one box can be many jobs. */
export function DagView({ state, selected, onSelect, onGroup }: Props): JSX.Element {
  if (state.dagError && !state.dag) return <Failure error={state.dagError} />;
  if (!state.dag) return <Message kind="loading">Drawing…</Message>;
  if (!state.dag.nodes.length) return <Message kind="empty">This workflow has no jobs yet.</Message>;
  return <Canvas key={state.dag.workflow_id} {...{ state, selected, onSelect, onGroup }} />;
}

function Canvas({ state, selected, onSelect, onGroup }: Props): JSX.Element {
  const drawn = useMemo(() => picture(state.dag!), [state.dag]);
  const statusOf = useMemo(() => statusIndex(state.jobs), [state.jobs]);
  const frame = useRef<HTMLDivElement>(null);
  const height = Math.max(MIN_HEIGHT, Math.min(MAX_HEIGHT, drawn.height));
  const [width, setWidth] = useState(640);
  const [sight, setSight] = useState<Sight | null>(null);
  useEffect(() => {
    const box = frame.current;
    if (!box) return;
    setWidth(box.clientWidth || 640);
    const observer = new ResizeObserver(() => setWidth(box.clientWidth || 640));
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  const view = sight ?? fitted(drawn, width, height);
  const zoom = (factor: number, x = width / 2, y = height / 2): void => setSight(zoomed(view, factor, x, y));
  const open = (box: Box): void =>
    box.jobIds.length === 1 ? onSelect(box.jobIds[0]!) : onGroup({ label: box.label, ids: new Set(box.jobIds) });

  useEffect(() => {
    const box = frame.current;
    // React's own wheel handler is passive and could not keep the page from scrolling.
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const edge = box!.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY / 300), event.clientX - edge.left, event.clientY - edge.top);
    };
    box?.addEventListener('wheel', onWheel, { passive: false });
    return () => box?.removeEventListener('wheel', onWheel);
  });

  return (
    <div className="jp-Torc-dag" ref={frame} style={{ height }}>
      <svg
        width="100%"
        height={height}
        tabIndex={0}
        role="group"
        aria-label={`Graph of ${counted(state.dag!.total_jobs, 'job')}; arrow keys move it, plus and minus zoom`}
        onKeyDown={(event) => onKey(event, view, setSight, zoom)}
        {...dragging(view, setSight)}
      >
        <g transform={`translate(${view.x} ${view.y}) scale(${view.scale})`}>
          {inSight(drawn, view, width, height).lines.map((line, number) => (
            <path key={number} className="jp-Torc-line" d={line.path} />
          ))}
          {drawn.joins.map((join, number) => (
            <circle key={number} className="jp-Torc-join" cx={join.x} cy={join.y} r={4} />
          ))}
          {inSight(drawn, view, width, height).boxes.map((box) => (
            <Group
              key={box.index}
              box={box}
              counts={countsOfGroup(box.jobIds, statusOf)}
              selected={selected !== null && box.jobIds.includes(selected)}
              onOpen={() => open(box)}
            />
          ))}
        </g>
      </svg>
      <div className="jp-Torc-zoom" role="group" aria-label="Zoom">
        <button type="button" aria-label="Zoom in" onClick={() => zoom(1.3)}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => zoom(1 / 1.3)}>
          −
        </button>
        <button type="button" onClick={() => setSight(null)}>
          Fit
        </button>
      </div>
    </div>
  );
}

interface GroupProps {
  box: Box;
  counts: Counts;
  selected: boolean;
  onOpen(): void;
}

function Group({ box, counts, selected, onOpen }: GroupProps): JSX.Element {
  const status = loudest(counts);
  const single = box.jobIds.length === 1;
  const about = present(counts).map((name) => `${counts[name]} ${LOOKS[name].label.toLowerCase()}`);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    event.stopPropagation();
    onOpen();
  };
  return (
    <g
      className={`jp-Torc-node jp-Torc-${status}${selected ? ' jp-Torc-selected' : ''}`}
      transform={`translate(${box.x - BOX.width / 2} ${box.y - BOX.height / 2})`}
      role="button"
      tabIndex={0}
      aria-label={`${box.label}: ${single ? LOOKS[status].label : `${box.jobIds.length} jobs, ${about.join(', ')}`}`}
      onClick={onOpen}
      onKeyDown={onKeyDown}
    >
      <title>{`${box.label}\n${about.join(', ')}`}</title>
      {!single && <rect className="jp-Torc-shade" x={4} y={4} width={BOX.width} height={BOX.height} rx={6} />}
      <rect className="jp-Torc-box" width={BOX.width} height={BOX.height} rx={6} />
      <g transform="translate(11 9)">
        <StatusIcon status={status} />
      </g>
      <foreignObject x={30} y={3} width={BOX.width - 36} height={BOX.height - 6}>
        <div className="jp-Torc-words">
          <div>
            <MiddleCut text={box.label} />
          </div>
          <div className="jp-Torc-second">
            {single ? LOOKS[status].label : `${counted(box.jobIds.length, 'job')}, ${done(counts)}`}
          </div>
        </div>
      </foreignObject>
      {!single && <Parts counts={counts} all={box.jobIds.length} />}
    </g>
  );
}

function Parts({ counts, all }: { counts: Counts; all: number }): JSX.Element {
  const whole = BOX.width - 12;
  let x = 6;
  return (
    <g>
      {present(counts).map((status) => {
        const width = (whole * counts[status]) / all;
        const part = (
          <rect key={status} className={`jp-Torc-part jp-Torc-${status}`} x={x} y={38} width={width} height={3} />
        );
        x += width;
        return part;
      })}
    </g>
  );
}

function done(counts: Counts): string {
  if (counts.failed) return `${count(counts.failed)} failed`;
  return `${count(counts.completed)} done`;
}

function fitted(drawn: Picture, width: number, height: number): Sight {
  const scale = Math.max(0.3, Math.min(1, width / drawn.width, height / drawn.height));
  const middle = (room: number, size: number): number => Math.max(0, (room - size * scale) / 2);
  return { x: middle(width, drawn.width), y: middle(height, drawn.height), scale };
}

function zoomed(view: Sight, factor: number, x: number, y: number): Sight {
  const scale = Math.max(0.1, Math.min(3, view.scale * factor));
  const change = scale / view.scale;
  return { scale, x: x - (x - view.x) * change, y: y - (y - view.y) * change };
}

function inSight(drawn: Picture, view: Sight, width: number, height: number): Pick<Picture, 'boxes' | 'lines'> {
  const [left, top] = [-view.x / view.scale - BOX.width, -view.y / view.scale - BOX.height];
  const [right, bottom] = [left + width / view.scale + 2 * BOX.width, top + height / view.scale + 2 * BOX.height];
  const boxes = drawn.boxes.filter((box) => box.x > left && box.x < right && box.y > top && box.y < bottom);
  const lines = drawn.lines.filter(
    (line) => line.right > left && line.left < right && line.bottom > top && line.top < bottom,
  );
  return { boxes: boxes.slice(0, MOST), lines: lines.slice(0, 4 * MOST) };
}

function onKey(event: KeyboardEvent, view: Sight, move: (sight: Sight) => void, zoom: (factor: number) => void): void {
  const step = 60;
  const moves: Record<string, [number, number]> = {
    ArrowLeft: [step, 0],
    ArrowRight: [-step, 0],
    ArrowUp: [0, step],
    ArrowDown: [0, -step],
  };
  const by = moves[event.key];
  if (by) move({ ...view, x: view.x + by[0], y: view.y + by[1] });
  else if (event.key === '+' || event.key === '=') zoom(1.3);
  else if (event.key === '-') zoom(1 / 1.3);
  else return;
  event.preventDefault();
}

interface Drag {
  onPointerDown(event: PointerEvent<SVGSVGElement>): void;
}

function dragging(view: Sight, move: (sight: Sight) => void): Drag {
  return {
    onPointerDown: (event) => {
      if (event.button !== 0 || (event.target as Element).closest('.jp-Torc-node')) return;
      const svg = event.currentTarget;
      const [startX, startY] = [event.clientX, event.clientY];
      const onMove = (at: globalThis.PointerEvent): void =>
        move({ ...view, x: view.x + at.clientX - startX, y: view.y + at.clientY - startY });
      svg.setPointerCapture(event.pointerId);
      svg.addEventListener('pointermove', onMove);
      svg.addEventListener('pointerup', () => svg.removeEventListener('pointermove', onMove), { once: true });
    },
  };
}
