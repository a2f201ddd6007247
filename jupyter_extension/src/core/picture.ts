/** From the server's layout to lines and boxes in pixels, and what each box says. */

import type { Job } from './jobs';
import { noCounts, STATUSES, type Counts, type JobStatus } from './status';
import type { Dag } from './wire';

export const BOX = { width: 160, height: 42, across: 200, down: 58 };
const MARGIN = 16;

export interface Box {
  index: number;
  label: string;
  jobIds: number[];
  x: number;
  y: number;
}

export interface Picture {
  boxes: Box[];
  joins: Array<{ x: number; y: number }>;
  /** Each line as an SVG path, with where it begins and ends for leaving out what is out of sight. */
  lines: Array<{ path: string; left: number; right: number; top: number; bottom: number }>;
  width: number;
  height: number;
}

/** Return the picture of a layout, without statuses. */
export function picture(dag: Dag): Picture {
  const place = (layer: number, row: number): [number, number] => [
    MARGIN + layer * BOX.across + BOX.width / 2,
    MARGIN + row * BOX.down + BOX.height / 2,
  ];
  const half = (position: number): number => (dag.nodes[position]!.job_ids.length ? BOX.width / 2 : 0);
  const lines = dag.edges.map((edge) => {
    const source = dag.nodes[edge.source]!;
    const target = dag.nodes[edge.target]!;
    const [sourceX, sourceY] = place(source.layer, source.row);
    const [targetX, targetY] = place(target.layer, target.row);
    const bends = edge.rows.map((row, number) => place(source.layer + 1 + number, row));
    const points: Array<[number, number]> = [
      [sourceX + half(edge.source), sourceY],
      ...bends.flatMap(([x, y]): Array<[number, number]> => [
        [x - BOX.width / 2, y],
        [x + BOX.width / 2, y],
      ]),
      [targetX - half(edge.target), targetY],
    ];
    const heights = points.map(([, y]) => y);
    return {
      path: curve(points),
      left: sourceX,
      right: targetX,
      top: Math.min(...heights),
      bottom: Math.max(...heights),
    };
  });
  const boxes: Box[] = [];
  const joins: Picture['joins'] = [];
  dag.nodes.forEach((node, index) => {
    const [x, y] = place(node.layer, node.row);
    if (node.job_ids.length) boxes.push({ index, label: node.label, jobIds: node.job_ids, x, y });
    else joins.push({ x, y });
  });
  const right = Math.max(0, ...dag.nodes.map((node) => place(node.layer, 0)[0]));
  const bottom = Math.max(0, ...dag.nodes.map((node) => place(0, node.row)[1]));
  return { boxes, joins, lines, width: right + BOX.width / 2 + MARGIN, height: bottom + BOX.height / 2 + MARGIN };
}

function curve(points: Array<[number, number]>): string {
  const [first, ...rest] = points;
  let [x, y] = first!;
  const parts = [`M${x} ${y}`];
  rest.forEach(([nextX, nextY], step) => {
    // Every other piece runs straight past the boxes of a layer.
    const middle = (x + nextX) / 2;
    parts.push(step % 2 === 0 ? `C${middle} ${y} ${middle} ${nextY} ${nextX} ${nextY}` : `L${nextX} ${nextY}`);
    [x, y] = [nextX, nextY];
  });
  return parts.join('');
}

/** What asks for attention first names a group. */
const LOUDEST: readonly JobStatus[] = [
  'failed',
  'pending_failed',
  'terminated',
  'running',
  'pending',
  'ready',
  'canceled',
  'blocked',
  'uninitialized',
  'completed',
  'disabled',
];

export function countsOfGroup(jobIds: readonly number[], statusOf: (jobId: number) => JobStatus | undefined): Counts {
  const counts = noCounts();
  for (const jobId of jobIds) {
    const status = statusOf(jobId);
    if (status) counts[status] += 1;
  }
  return counts;
}

export function loudest(counts: Counts): JobStatus {
  return LOUDEST.find((status) => counts[status] > 0) ?? 'uninitialized';
}

export function statusIndex(jobs: readonly Job[]): (jobId: number) => JobStatus | undefined {
  const index = new Map(jobs.map((job) => [job.id, job.status]));
  return (jobId) => index.get(jobId);
}

export function present(counts: Counts): JobStatus[] {
  return STATUSES.filter((status) => counts[status] > 0);
}
